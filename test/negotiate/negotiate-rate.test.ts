import { type Batch, costAfter, NegotiateRate } from "../../src/negotiate/negotiate-rate.ts";

describe("what a negotiate costs, known as 0.1 ms, after 20 more that took", () => {
  it.each<[string, Partial<Batch>, number]>([
    ["less", { activeInMs: 1 }, 0.0975],
    ["less, in an idle time", { activeInMs: 1, elapsedInMs: 200 }, 0.0975],
    ["more, while the server had no time for others", { activeInMs: 4, elapsedInMs: 4.4 }, 0.105],
    ["more, while the server had time", { activeInMs: 4, elapsedInMs: 4.6 }, 0.1],
    ["much more, as other requests had the time", { activeInMs: 100, elapsedInMs: 200 }, 0.1],
    ["too long to tell", { activeInMs: 1, elapsedInMs: 201 }, 0.1],
    ["no time at all, on a clock that stands still", { activeInMs: 0, elapsedInMs: 0 }, 0.1],
    ["next to nothing", { activeInMs: 0, elapsedInMs: 10, count: 1e9 }, 0.095],
    ["ages, of one alone", { activeInMs: 200, elapsedInMs: 200, count: 1 }, 10],
  ])("%s", (_, difference, expected) => {
    const batch = { count: 20, activeInMs: 2, elapsedInMs: 20, ...difference };
    expect(costAfter(0.1, batch)).toBeCloseTo(expected, 6);
  });
});

it("it is never taken for less than a server can do", () => {
  const costInMs = Array.from({ length: 100 }).reduce<number>(
    (cost) => costAfter(cost, { count: 20, activeInMs: 0, elapsedInMs: 10 }),
    0.1,
  );
  expect(costInMs).toBe(0.02);
});

/** Negotiates that take so long each, one after the other, on a server that does nothing else. */
function afterNegotiates(count: number, costInMs: number): number {
  const loop = { active: 0, idle: 1000 };
  const rate = new NegotiateRate(() => ({ ...loop }));
  for (let index = 0; index < count; index += 1) {
    loop.active += costInMs;
    rate.count();
  }
  return Math.round(rate.perSecond);
}

it.each([
  [0, 1, 8000],
  [19, 1, 8000],
  [20, 1, 5926],
  [100, 1, 3098],
  [5000, 1, 1000],
  [5000, 0.05, 20_000],
  [5000, 0.5, 2000],
  [5000, 9, 111],
])(
  "after %i negotiates of %d ms, a server is taken for one of %i/s",
  (count, costInMs, expected) => {
    expect(Math.abs(afterNegotiates(count, costInMs) - expected)).toBeLessThanOrEqual(
      0.01 * expected,
    );
  },
);
