import { type ClosedEvent, closeReasonOf } from "express-resilient-pubsub";
import { closeReasonOf as sameForClients } from "express-resilient-pubsub/client";

const SENTENCE = "Application server closed the connection.";

/** Each as it comes to an application that asks. */
const events: Record<string, (text: string | undefined) => ClosedEvent> = {
  "a client's disconnected event": (text) => ({
    connectionId: "c",
    message: text === undefined ? undefined : { message: text },
  }),
  "the event of onDisconnected": (reason) => ({ context: {}, reason }),
  "a WebSocket's CloseEvent": (reason = "") => ({ code: 1000, reason }),
};

describe.each(Object.entries(events))("the reason in %s that", (_event, eventOf) => {
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
    expect(closeReasonOf(eventOf(text))).toBe(reason);
  });
});

it("what a client's platform says of the end is no reason for a close", () => {
  expect(closeReasonOf({ connectionId: "c", reason: "read ECONNRESET" })).toBeUndefined();
});

it("clients and app servers ask by the same function", () => {
  expect(sameForClients).toBe(closeReasonOf);
});
