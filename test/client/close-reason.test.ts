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

describe("the reason of a close that", () => {
  it.each<[string, string | undefined, string | undefined]>([
    [
      "the service puts its sentence before",
      `${SENTENCE} Reason: failback: eastus`,
      "failback: eastus",
    ],
    ["comes as it was given", "moved: westus", "moved: westus"],
    ["nobody gave", SENTENCE, undefined],
    ["nobody gave, not even the service", undefined, undefined],
    ["is empty", "", undefined],
    ["has several lines", `${SENTENCE} Reason: a\nb`, "a\nb"],
    ["looks like the sentence", `${SENTENCE} Reason: ${SENTENCE}`, SENTENCE],
    ["is the service's own", "The token has expired.", "The token has expired."],
  ])("%s", (_, text, reason) => {
    const message =
      text === undefined ? undefined : { kind: "disconnected" as const, message: text };
    expect(closeReasonOf({ message })).toBe(reason);
  });

  it.each([FAILBACK_REASON_PREFIX, MOVE_REASON_PREFIX])(
    "is %s is found in the event of a client that was closed so",
    async (prefix) => {
      const east = await ScriptedService.start();
      const { client, events } = makeClient(new ScriptedNegotiate({ east }).negotiate);
      await client.start();
      const message = `${SENTENCE} Reason: ${prefix}east`;
      east.latest?.send({ type: "system", event: "disconnected", message });
      east.latest?.close(1000);
      await until(() => events.disconnected.length);
      expect(events.disconnected.map(closeReasonOf)).toEqual([`${prefix}east`]);
    },
  );
});
