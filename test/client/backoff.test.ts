import fc from "fast-check";
import { backoffInMs } from "../../src/client/backoff.ts";

const settings = { retryDelayInMs: 500, maxRetryDelayInMs: 15_000 };

it("the ceiling of a pause doubles with each failure, up to the last", () => {
  const ceilings = [1, 2, 3, 4, 5, 6, 7, 1e9].map((failures) => backoffInMs(settings, failures, 1));
  expect(ceilings).toEqual([500, 1000, 2000, 4000, 8000, 15_000, 15_000, 15_000]);
});

it("a pause before the next attempt is anything below the ceiling, nothing included", () => {
  expect(backoffInMs(settings, 3, 0)).toBe(0);
  expect(backoffInMs(settings, 3, 0.25)).toBe(500);
});

it("a first ceiling of pauses above the last is the last", () => {
  expect(backoffInMs({ retryDelayInMs: 99_000, maxRetryDelayInMs: 100 }, 1, 1)).toBe(100);
});

it("a pause is a time that a timer takes, whatever the settings and however many failures", () => {
  const duration = fc.integer({ min: 1, max: 2 ** 31 - 1 });
  fc.assert(
    fc.property(
      duration,
      duration,
      fc.nat(),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (a, b, n, r) => {
        const inMs = backoffInMs({ retryDelayInMs: a, maxRetryDelayInMs: b }, n + 1, r);
        expect(inMs).toBeGreaterThanOrEqual(0);
        expect(inMs).toBeLessThanOrEqual(b);
      },
    ),
  );
});
