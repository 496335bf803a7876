import { once } from "node:events";
import { continuity } from "express-resilient-pubsub/client";
import { WebSocket } from "ws";
import { makeClient } from "../client/support/make-client.ts";
import { closeAfterTest } from "../support/clean-up.ts";
import { until } from "../support/until.ts";
import { startHistory } from "./support/catching-up.ts";

const ROLES = "role=webpubsub.joinLeaveGroup.news&role=webpubsub.sendToGroup.news";

/** A client that does not say that it takes part, and sends what ours would not. */
async function forge(negotiateUrl: string, frames: readonly object[]): Promise<void> {
  const { url } = (await (await fetch(`${negotiateUrl}?${ROLES}`)).json()) as { url: string };
  const socket = new WebSocket(url, "json.webpubsub.azure.v1");
  closeAfterTest({ close: () => socket.terminate() });
  await once(socket, "open");
  for (const frame of frames) socket.send(JSON.stringify(frame));
}

it.each<[string, (position: string) => object]>([
  ["beside its message", (position) => ({ data: "x", metadata: { rps: `1 m g ${position} f1` } })],
  ["in its message", (position) => ({ data: { $rps: `1 m g ${position} f1`, n: 1 } })],
  ["of a skip", (position) => ({ data: "x", metadata: { rps: `1 s g ${position} -` } })],
])("a client without a user that forges a position %s changes nobody's place", async (_, frame) => {
  const { url, pubsub } = await startHistory();
  const { client, heard, events } = makeClient(`${url}/negotiate?user=ada&group=news`, {
    continuity: continuity(),
  });
  await client.start();
  await pubsub.group("news").sendToAll("one");
  await until(() => heard.length === 1);
  const before = client.positions;
  const [epoch] = before?.streams["g:news"]?.split(":") ?? [];
  await forge(`${url}/negotiate`, [
    { type: "sendToGroup", group: "news", dataType: "json", ...frame(`${epoch}:2`) },
  ]);
  await until(() => heard.length === 2);
  expect(client.positions).toEqual(before);
  await pubsub.group("news").sendToAll("two");
  await until(() => heard.length === 3);
  expect(heard.at(-1)).toBe("two");
  expect(events["group-message"].map(({ message }) => message.fromUserId)).toEqual([
    null,
    expect.stringMatching(/^anonymous-/),
    null,
  ]);
});
