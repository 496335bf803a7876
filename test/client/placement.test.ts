import type { Ending } from "../../src/client/connection.ts";
import {
  isAgreedAnew,
  isEndpointSuspect,
  isMove,
  mayBeRecovered,
} from "../../src/client/placement.ts";

const closed = (code: number): Ending => ({ cause: "closed", code, aliveAt: 0 });

describe("a connection that ended", () => {
  it.each<[string, Ending, boolean, boolean]>([
    ["by being cut", closed(1006), true, true],
    ["in silence", { cause: "silent", aliveAt: 0 }, true, true],
    ["with an error of the service", closed(1011), true, true],
    ["in a restart", closed(1001), true, false],
    ["without a code", closed(1005), true, true],
    ["for good, as in a failback", closed(1000), false, false],
    ["because the service knows nothing of it", closed(1008), false, false],
    ["because a frame was too long", closed(1009), false, false],
    ["because of a frame that was no frame", closed(1007), false, false],
    ["because of what the service said", closed(1002), false, true],
    ["because the client left", { cause: "left", aliveAt: 0 }, false, false],
  ])("%s", (_, ending, isRecoverable, isSuspect) => {
    expect(mayBeRecovered(ending)).toBe(isRecoverable);
    expect(isEndpointSuspect(ending)).toBe(isSuspect);
  });
});

describe("a client of the east with epoch", () => {
  it.each<[number | undefined, string, number | undefined, boolean, boolean]>([
    [1, "east", 2, true, true],
    [1, "west", 2, true, true],
    [Number.MAX_SAFE_INTEGER - 1, "east", Number.MAX_SAFE_INTEGER, true, true],
    [2, "east", 2, false, false],
    [2, "west", 2, false, true],
    [2, "east", 1, false, false],
    [2, "west", 1, false, true],
    [2, "east", undefined, false, false],
    [2, "west", undefined, false, true],
    [undefined, "east", 2, false, false],
    [undefined, "west", 2, false, true],
    [undefined, "east", undefined, false, false],
  ])("%p that is told %s with epoch %p", (epoch, endpoint, told, isAnew, isLeft) => {
    const [from, to] = [
      { endpoint: "east", epoch },
      { endpoint, epoch: told },
    ];
    expect(isAgreedAnew(from, to)).toBe(isAnew);
    expect(isMove(from, to)).toBe(isLeft);
  });
});
