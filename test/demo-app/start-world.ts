import { request } from "node:http";
import { WebSocket } from "ws";
import { startEmulatedWorld } from "../../demo-app/emulated-world.ts";
import { pageHandler } from "../../demo-app/page-handler.ts";
import type { PageFile } from "../../demo-app/page-bundle.ts";
import { closeAfterTest } from "../support/clean-up.ts";
import { until } from "../support/until.ts";

interface Frame {
  readonly type: string;
  readonly event?: string;
  readonly data?: { readonly text?: string; readonly server?: string; readonly from?: string };
}

/** The demo on free ports, with these files as its page; it ends after the test. */
export async function startWorld(files: readonly PageFile[] = []) {
  const world = closeAfterTest(await startEmulatedWorld({ page: pageHandler(files) }));
  const urlOf = (region: string): string => {
    const server = world.servers.find((it) => it.region === region);
    if (!server) throw new Error(`no app server in ${region}`);
    return server.url;
  };

  async function negotiate(region: string, query = "user=ada") {
    const response = await fetch(`${urlOf(region)}/negotiate?${query}`);
    return (await response.json()) as { url: string; endpoint: string; role: string };
  }

  return {
    urlOf,
    negotiate,

    async status(region: string) {
      const response = await fetch(`${urlOf(region)}/api/status`);
      return (await response.json()) as {
        region: string;
        endpoints: { name: string; role: string; state: string }[];
        faults: Record<string, string | null>;
        events: { name: string; detail: object }[];
      };
    },

    control: (region: string, action: string) =>
      post(`${urlOf(region)}/api/control/${region}`, { action }),

    /** A client on the endpoint that the region's app server names. */
    async connect(region: string, user: string) {
      const { url, endpoint } = await negotiate(region, `user=${user}`);
      const socket = new WebSocket(url, "json.webpubsub.azure.v1");
      closeAfterTest({ close: () => socket.terminate() });
      const frames: Frame[] = [];
      socket.on("message", (data) => frames.push(JSON.parse(String(data))));
      socket.on("error", () => {});
      await until(() => frames.find(({ event }) => event === "connected"));
      return {
        endpoint,
        say: (text: string) =>
          socket.send(
            JSON.stringify({ type: "event", event: "chat", dataType: "json", data: { text } }),
          ),
        heard: (text: string) => until(() => frames.find(({ data }) => data?.text === text)?.data),
      };
    },
  };
}

/** `fetch` would not let us lie about Host and Origin. */
export function post(
  url: string,
  body: unknown,
  headers: Record<string, string> = {},
): Promise<{ status: number | undefined; body: unknown }> {
  return new Promise((resolve, reject) => {
    const sent = request(url, {
      method: "POST",
      headers: { "Content-Type": "application/json", ...headers },
    });
    sent.on("error", reject).on("response", async (response) => {
      const text = (await response.toArray()).join("");
      resolve({ status: response.statusCode, body: JSON.parse(text) });
    });
    sent.end(JSON.stringify(body));
  });
}
