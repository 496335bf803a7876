import type { ResilientPubSubClientOptions } from "express-resilient-pubsub/client";
import { WebSocket } from "ws";
import { sendToAll } from "../emulator/support/rest.ts";
import { createScene } from "../emulator/support/scene.ts";
import { clientUrl } from "../emulator/support/tokens.ts";
import { closeAfterTest } from "../support/clean-up.ts";
import { type SlowLinkOptions, startSlowLink } from "../support/slow-link.ts";
import { until } from "../support/until.ts";
import { makeClient } from "./support/make-client.ts";

jest.setTimeout(60_000);

const scene = createScene();
const roles = ["webpubsub.joinLeaveGroup", "webpubsub.sendToGroup"];
/** Five times as fast as life: it would take 17 s at 60 kB/s, and keep-alive is 10 s by default. */
const speed = 300_000;
const quick = { keepAliveIntervalInMs: 1000, keepAliveTimeoutInMs: 2500 };
const large = "x".repeat(1_000_000);

async function connect(speeds: SlowLinkOptions, options: ResilientPubSubClientOptions = {}) {
  const emulator = await scene.emulator({ hubs: { chat: {} } });
  const link = closeAfterTest(await startSlowLink(emulator.endpoint, speeds));
  const asked: string[] = [];
  const made = makeClient(
    ({ failed }) => {
      asked.push(failed.join());
      const url = new URL(clientUrl(emulator, "chat", { userId: "ada", roles, groups: ["g"] }));
      url.port = new URL(link.url).port;
      return { url: url.href, endpoint: "east" };
    },
    { ...quick, reconnectSpreadInMs: 100, ...options },
  );
  await made.client.start();
  return { link, asked, sendToAll: (text: string) => sendToAll(emulator, text), ...made };
}

/** As in browsers, where a message that is coming in cannot be seen. */
const sockets = [
  ["that shows its bytes", {}],
  ["that shows nothing of a message that comes in", { webSocket: WebSocket }],
] as const;

describe.each(sockets)("over a slow link and a socket %s", (_, options) => {
  it("a large message to the client is delivered once", async () => {
    const { asked, heard, log, sendToAll } = await connect({ down: speed }, options);
    await sendToAll(large);
    await until(() => heard.length === 1, 40_000);
    await sendToAll("after");
    await until(() => heard.length === 2);
    expect(heard).toEqual([large, "after"]);
    expect(log).not.toContain("disconnected");
    expect(new Set(asked)).toEqual(new Set([""]));
  });

  it("a large message to the client is delivered once through a cut", async () => {
    const { asked, heard, link, log, sendToAll } = await connect({ down: speed }, options);
    await sendToAll(large);
    await until(() => link.bytesDown > 300_000);
    link.cut();
    await until(() => heard.length === 1, 40_000);
    await sendToAll("after");
    await until(() => heard.length === 2);
    expect(heard).toEqual([large, "after"]);
    expect(log).not.toContain("disconnected");
    expect(new Set(asked)).toEqual(new Set([""]));
  });

  it("a blackhole is found out and blamed at once, whatever the link was before", async () => {
    const { asked, heard, link, sendToAll } = await connect({ down: speed }, options);
    await sendToAll("x".repeat(100_000));
    await until(() => heard.length === 1);
    link.blackhole();
    await until(() => asked.length === 2);
    expect(asked).toEqual(["", "east"]);
  });
});

it.each([
  ["whole", Number.POSITIVE_INFINITY],
  ["through a cut", 300_000],
])(
  "a large message from the client over a slow link is delivered once, %s",
  async (_how, cutAfter) => {
    const { asked, client, heard, link, log } = await connect({ up: speed });
    const sending = client.sendToGroup("g", large, "text");
    if (Number.isFinite(cutAfter)) {
      await until(() => link.bytesUp > cutAfter);
      link.cut();
    }
    await sending;
    await client.sendToGroup("g", "after", "text");
    await until(() => heard.length === 2);
    expect(heard).toEqual([large, "after"]);
    expect(log).not.toContain("disconnected");
    expect(new Set(asked)).toEqual(new Set([""]));
  },
);
