import {
  closeReasonOf,
  FAILBACK_REASON_PREFIX,
  MOVE_REASON_PREFIX,
} from "express-resilient-pubsub/client";
import { until } from "../support/until.ts";
import { makeClient } from "./support/make-client.ts";
import { ScriptedNegotiate } from "./support/scripted-negotiate.ts";
import { ScriptedService } from "./support/scripted-service.ts";

const SENTENCE = "Application server closed the connection.";

it.each([
  [`${SENTENCE} Reason: ${FAILBACK_REASON_PREFIX}east`, `${FAILBACK_REASON_PREFIX}east`],
  [`${MOVE_REASON_PREFIX}west`, `${MOVE_REASON_PREFIX}west`],
  [SENTENCE, undefined],
])("closed with %j, a client's event has the reason %j", async (message, reason) => {
  const east = await ScriptedService.start();
  const { client, events } = makeClient(new ScriptedNegotiate({ east }).negotiate);
  await client.start();
  east.latest?.send({ type: "system", event: "disconnected", message });
  east.latest?.close(1000);
  await until(() => events.disconnected.length);
  expect(events.disconnected.map(closeReasonOf)).toEqual([reason]);
});

it("what the platform says of a client's connection is no reason for a close", async () => {
  const east = await ScriptedService.start();
  const { client, events } = makeClient(new ScriptedNegotiate({ east }).negotiate);
  await client.start();
  east.latest?.close(1000, "by hand");
  await until(() => events.disconnected.length);
  expect(events.disconnected).toMatchObject([{ reason: "by hand" }]);
  expect(events.disconnected.map(closeReasonOf)).toEqual([undefined]);
});
