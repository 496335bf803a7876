import type { ResilientPubSubClientOptions } from "express-resilient-pubsub/client";
import { WebSocket } from "ws";
import { sendToAll } from "../../emulator/support/rest.ts";
import { createScene } from "../../emulator/support/scene.ts";
import { clientUrl } from "../../emulator/support/tokens.ts";
import { closeAfterTest } from "../../support/clean-up.ts";
import { type SlowLinkOptions, startSlowLink } from "../../support/slow-link.ts";
import { makeClient } from "./make-client.ts";

const scene = createScene();
const roles = ["webpubsub.joinLeaveGroup", "webpubsub.sendToGroup"];
/** Five times as fast as life: it would take 17 s at 60 kB/s, and keep-alive is 10 s by default. */
export const speed = 300_000;
const quick = { keepAliveIntervalInMs: 1000, keepAliveTimeoutInMs: 2500 };
/** Takes longer over the link than keep-alive waits. */
export const large = "x".repeat(1_000_000);

/** A client on an emulator, over a link of such speeds. */
export async function connectOverSlowLink(
  speeds: SlowLinkOptions,
  options: ResilientPubSubClientOptions = {},
) {
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

type Connected = Awaited<ReturnType<typeof connectOverSlowLink>>;

/** The large message, and one after it, came once each, and nothing speaks against the endpoint. */
export function expectBothOnce({ asked, heard, log }: Connected): void {
  expect(heard).toEqual([large, "after"]);
  expect(log).not.toContain("disconnected");
  expect(new Set(asked)).toEqual(new Set([""]));
}

/** As in browsers, where a message that is coming in cannot be seen. */
export const sockets = [
  ["that shows its bytes", {}],
  ["that shows nothing of a message that comes in", { webSocket: WebSocket }],
] as const;
