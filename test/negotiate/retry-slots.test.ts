import { nextRetrySlot } from "../../src/negotiate/retry-slots.ts";
import { fullBucket, takeToken } from "../../src/negotiate/token-bucket.ts";

describe("of clients that come at these times, a bucket admits as many as", () => {
  /** Times in seconds. */
  it.each<[number, string, string]>([
    [1, "0 0 0", "+--"],
    [3, "0 0 0 0", "+++-"],
    [3, "0 0 0 0.4 0.4", "++++-"],
    [1, "0 0.9 1 1.9 2", "+-+-+"],
    [2, "0 0 60 60 60", "++++-"],
    [0.5, "0 1 2 3", "+-+-"],
    [2.5, "0 0 0 0.2 0.4", "++-+-"],
  ])("%d a second, %s: %s", (perSecond, times, expected) => {
    let bucket = fullBucket(perSecond, 0);
    const verdicts = times.split(" ").map((time) => {
      const taken = takeToken(bucket, perSecond, Number(time) * 1000);
      bucket = taken ?? bucket;
      return taken ? "+" : "-";
    });
    expect(verdicts.join("")).toBe(expected);
  });
});

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
    [0, 60],
    [0.5, 90],
    [0.999, 120],
  ])("after 1 to 2 min when the queue is longer than that; random %d: %d s", (random, expected) => {
    const told = retryAfters(200, 1, random);
    expect(told.slice(0, 120).at(-1)).toBe(120);
    expect(new Set(told.slice(120))).toEqual(new Set([expected]));
  });
});
