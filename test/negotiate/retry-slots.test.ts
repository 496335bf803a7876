import { nextRetrySlot, retryAfterWithoutEndpoint } from "../../src/negotiate/retry-slots.ts";

/** Seconds that clients are told which come all at once. */
function retryAfters(size: number, perSecond: number, random = 0): number[] {
  let lastSlot = 0;
  return Array.from({ length: size }, () => {
    const slot = nextRetrySlot(lastSlot, perSecond, 0, random);
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
    expect(nextRetrySlot(5000, 1, 2000, 0)).toEqual({ retryAfterInSeconds: 4, lastSlot: 6000 });
    expect(nextRetrySlot(5000, 1, 9000, 0)).toEqual({ retryAfterInSeconds: 1, lastSlot: 10_000 });
  });

  it.each([
    [0, 900],
    [0.5, 1350],
    [0.999, 1800],
  ])(
    "after 15 to 30 min when the queue is longer than that; random %d: %d s",
    (random, expected) => {
      const told = retryAfters(2000, 1, random);
      expect(told.slice(0, 1800).at(-1)).toBe(1800);
      expect(new Set(told.slice(1800))).toEqual(new Set([expected]));
    },
  );
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
