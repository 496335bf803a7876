import {
  type ConnectionEnding,
  isEndpointSuspect,
  isPacedClose,
  mayBeRecovered,
} from "../../src/client/connection-ending.ts";
import { closeSentence } from "../../src/kit/close-reasons.ts";

const closed = (code: number): ConnectionEnding => ({ cause: "closed", code });

describe("a connection that ended", () => {
  it.each<[string, ConnectionEnding, boolean, boolean]>([
    ["by being cut", closed(1006), true, true],
    ["in silence", { cause: "silent" }, true, true],
    ["with an error of the service", closed(1011), true, true],
    ["in a restart", closed(1001), true, false],
    ["without a code", closed(1005), true, true],
    ["for good, as in a failback", closed(1000), false, false],
    ["because the service knows nothing of it", closed(1008), false, false],
    ["because a frame was too long", closed(1009), false, false],
    ["because of a frame that was no frame", closed(1007), false, false],
    ["because of what the service said", closed(1002), false, true],
    ["because the client left", { cause: "left" }, false, false],
  ])("%s", (_, ending, isRecoverable, isSuspect) => {
    expect(mayBeRecovered(ending)).toBe(isRecoverable);
    expect(isEndpointSuspect(ending)).toBe(isSuspect);
  });
});

it.each<[string | undefined, number | undefined, boolean]>([
  ["failback: east", undefined, true],
  ["failback: east", 3, true],
  ["moved: west", undefined, true],
  // Servers have agreed, and close all who stayed behind at once.
  ["moved: west", 3, false],
  ["banned", undefined, false],
  ["", undefined, false],
  [undefined, undefined, false],
])(
  "closed with the reason %j, in epoch %j, a client comes alone: %s",
  (reason, epoch, expected) => {
    const message = reason === undefined ? undefined : { message: closeSentence(reason) };
    expect(isPacedClose(message, epoch)).toBe(expected);
  },
);
