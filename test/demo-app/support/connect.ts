import { WebSocket } from "ws";
import { closeAfterTest } from "../../support/clean-up.ts";
import { until } from "../../support/until.ts";

interface Frame {
  readonly event?: string;
  readonly data?: { readonly text?: string; readonly server?: string; readonly from?: string };
}

interface Negotiates {
  negotiate(homeRegion: string): Promise<{ endpoint: string; url: string }>;
}

/** A client on the endpoint that its home's app server names. */
export async function connect(environment: Negotiates, homeRegion: string) {
  const { endpoint, url } = await environment.negotiate(homeRegion);
  const socket = new WebSocket(url, "json.webpubsub.azure.v1");
  closeAfterTest({ close: () => socket.terminate() });
  const frames: Frame[] = [];
  socket.on("message", (data) => frames.push(JSON.parse(String(data))));
  socket.on("error", () => {});
  await until(() => frames.find(({ event }) => event === "connected"));
  return {
    endpoint,
    isOpen: () => socket.readyState === WebSocket.OPEN,
    say: (text: string) =>
      socket.send(
        JSON.stringify({ type: "event", event: "chat", dataType: "json", data: { text } }),
      ),
    heard: (text: string) => until(() => frames.find(({ data }) => data?.text === text)?.data),
  };
}
