import {
  longestWaitInSeconds,
  nextRetrySlot,
  retryAfterWithoutEndpoint,
} from "../../src/negotiate/retry-slots.ts";

/** Seconds that clients are told which come all at once. */
function retryAfters(size: number, perSecond: number, random = 0): number[] {
  let lastSlot = 0;
  return Array.from({ length: size }, () => {
    const slot = nextRetrySlot({ lastSlot, perSecond, now: 0, longestInSeconds: 120, random });
    lastSlot = slot.lastSlot;
    return slot.retryAfterInSeconds;
  });
}

describe("clients over the rate limit are told to come back", () => {
  it.each([
    [5, 2, [1, 1, 2, 2, 3]],
    [3, 0.5, [2, 4, 6]],
    [3, 1000, [1, 1, 1]],
  ])("%d of them at %d a second: after %j s", (size, perSecond, expected) => {
    expect(retryAfters(size, perSecond)).toEqual(expected);
  });

  it("no sooner because others have been told before, and no later once that time is over", () => {
    const queue = { lastSlot: 5000, perSecond: 1, longestInSeconds: 120, random: 0 };
    expect(nextRetrySlot({ ...queue, now: 2000 })).toEqual({
      retryAfterInSeconds: 4,
      lastSlot: 6000,
    });
    expect(nextRetrySlot({ ...queue, now: 9000 })).toEqual({
      retryAfterInSeconds: 1,
      lastSlot: 10_000,
    });
  });

  it.each([
    [0, 60],
    [0.5, 90],
    [0.999, 120],
  ])("after 1 to 2 min when the queue is longer than that; random %d: %d s", (random, expected) => {
    const told = retryAfters(200, 1, random);
    expect(told.slice(0, 120).at(-1)).toBe(120);
    expect(new Set(told.slice(120))).toEqual(new Set([expected]));
  });
});

describe("the longest that a client is told to wait is", () => {
  it.each([
    ["two minutes where nobody knows how many there are", undefined, 120],
    ["two minutes for those who spread over less", 30_000, 120],
    ["three times their spread", 100_000, 300],
    ["half an hour at most", 1_000_000, 1800],
  ])("%s", (_, spread, expected) => {
    expect(longestWaitInSeconds(spread)).toBe(expected);
  });
});

describe("while there is no endpoint, a client is told to ask again", () => {
  it.each([
    [undefined, 0, 1],
    [undefined, 0.999, 5],
    [2000, 0.999, 5],
    [100_000, 0, 1],
    [100_000, 0.5, 51],
    [100_000, 0.999, 100],
    [3_600_000, 0.999, 1800],
  ])("within a spread of %s ms; random %d: after %i s", (spread, random, expected) => {
    expect(retryAfterWithoutEndpoint(spread, random)).toBe(expected);
  });
});
