import {
  closableIn,
  isListingDue,
  isTooLate,
  listingPeriod,
  slotAt,
  spread,
  untilNextSlotInMs,
} from "../../src/failback/schedule.ts";

const SECOND = Date.parse("2026-03-29T01:00:00Z") / 1000;

describe("a slot is a second of the wall clock", () => {
  it.each([
    [0, 1000, false],
    [150, 850, false],
    [201, 799, true],
    [999, 1, true],
  ])("%d ms into it the next begins in %d ms; too late to list: %s", (elapsedInMs, next, late) => {
    const slot = slotAt(SECOND * 1000 + elapsedInMs);
    expect(slot).toEqual({ second: SECOND, elapsedInMs });
    expect(untilNextSlotInMs(slot)).toBe(next);
    expect(isTooLate(slot)).toBe(late);
  });
});

describe("the allowances of the seconds add up to the pace", () => {
  it.each([50, 1, 0.1, 0.75, 2.5, 1000])("%d a second", (perSecond) => {
    const allowances = Array.from({ length: 1000 }, (_, index) =>
      closableIn(SECOND + index, perSecond),
    );
    const sum = allowances.reduce((a, b) => a + b, 0);
    expect(Math.abs(sum - 1000 * perSecond)).toBeLessThanOrEqual(1);
    expect(Math.max(...allowances)).toBeLessThanOrEqual(Math.ceil(perSecond));
  });
});

describe("closings are spread over the latter half of the second", () => {
  const connections = Array.from({ length: 200 }, (_, index) => ({ connectionId: `c${index}` }));

  it.each([
    ["a list that came at once", 0, 400, 900],
    ["a list that took a while", 300, 100, 600],
    ["a list that was late", 1700, 0, 500],
  ])("%s", (_, elapsedInMs, least, most) => {
    const due = spread(connections, { second: SECOND, elapsedInMs });
    const delays = due.map(({ delayInMs }) => delayInMs);
    expect(delays).toEqual([...delays].sort((a, b) => a - b));
    expect(Math.min(...delays)).toBeGreaterThanOrEqual(least);
    expect(Math.max(...delays)).toBeLessThan(most);
    expect(new Set(due.map(({ connection }) => connection))).toEqual(new Set(connections));
    // Evenly: no quarter of the time has much more than its share.
    const quarters = [0, 1, 2, 3].map(
      (quarter) => delays.filter((delay) => Math.floor((delay - least) / 125) === quarter).length,
    );
    expect(Math.max(...quarters)).toBeLessThan(80);
  });

  it("every server comes to the same times, and in the next second to others", () => {
    const slot = { second: SECOND, elapsedInMs: 0 };
    const due = spread(connections, slot);
    expect(spread([...connections].reverse(), slot)).toEqual(due);
    expect(spread(connections, { ...slot, second: SECOND + 1 })).not.toEqual(due);
  });
});

describe("listing displaced clients", () => {
  const lifetimeInMs = 3_600_000;
  const lookedAt = (period: number, from: number, seconds: number[]) => {
    let last: number | undefined = from;
    return seconds.filter((second) => {
      const isDue = isListingDue(second, last, period);
      if (isDue) last = second;
      return isDue;
    });
  };

  it.each([
    ["each second while there are any", true, 0, 1],
    ["each second while there are any, however late", true, lifetimeInMs, 1],
    ["every 10 seconds while an old token may still bring one", false, lifetimeInMs - 1, 10],
    ["every 5 minutes after that", false, lifetimeInMs, 300],
  ])("displaced clients are looked for %s", (_, hasFound, calmForInMs, period) => {
    expect(listingPeriod(hasFound, calmForInMs, lifetimeInMs)).toBe(period);
  });

  it("displaced clients are looked for at once when nobody has looked before", () => {
    expect(isListingDue(17, undefined, 300)).toBe(true);
  });

  it("every server looks for displaced clients in the same seconds, and later when it missed its turn", () => {
    expect(lookedAt(10, 1, [2, 9, 10, 11, 19, 20, 21])).toEqual([10, 20]);
    expect(lookedAt(10, 1, [2, 9, 13, 14, 19, 20, 21])).toEqual([13, 20]);
  });

  it("displaced clients are still looked for after the wall clock jumps back", () => {
    expect(lookedAt(10, 7201, [7202, 3601, 3602, 3611])).toEqual([3601, 3611]);
  });
});
