import { HealthJob } from "../../src/health/health-job.ts";
import { useFakeTime } from "../support/clean-up.ts";

const hour = 3_600_000;
const start = new Date("2026-03-29T00:59:58.500Z");

useFakeTime({ now: start });

/** Starts a job; the times of its runs, in milliseconds that never jump. */
function startJob(expression: string, phase?: number) {
  const zero = performance.now();
  const runs: number[] = [];
  const job = new HealthJob(
    expression,
    () => void runs.push(Math.round(performance.now() - zero)),
    phase,
  );
  job.start();
  return { job, runs };
}

const pass = (ms: number) => jest.advanceTimersByTimeAsync(ms);
const setWallClock = (byInMs: number) => void jest.setSystemTime(Date.now() + byInMs);

it.each<[string, number, number[]]>([
  ["*/5 * * * * *", 12_000, [1500, 6500, 11_500]],
  ["* * * * * *", 3000, [500, 1500, 2500]],
  ["0 * * * * *", 70_000, [1500, 61_500]],
  ["0 0 3 * * *", 26 * hour, [2 * hour + 1500]],
])(
  "the health job with schedule %s runs at its times in UTC",
  async (expression, inMs, expected) => {
    const { job, runs } = startJob(expression);
    await pass(inMs);
    await job.close();
    expect(runs).toEqual(expected);
  },
);

it.each([
  ["forward", hour],
  ["back", -hour],
  ["a year forward", 365 * 24 * hour],
])("the health job keeps its pace when the wall clock is set %s", async (_, byInMs) => {
  const { job, runs } = startJob("*/5 * * * * *");
  await pass(7000);
  setWallClock(byInMs);
  await pass(10_000);
  await job.close();
  expect(runs).toEqual([1500, 6500, 11_500, 16_500]);
});

it("the health job follows a wall clock that was set within an hour", async () => {
  const { job, runs } = startJob("0 0 3 * * *");
  await pass(1000);
  setWallClock(-10 * hour);
  await pass(13 * hour);
  await job.close();
  expect(runs).toEqual([12 * hour + 1500]);
});

it("a timer that fires a moment early does not run the health job twice", async () => {
  const { job, runs } = startJob("*/5 * * * * *");
  setWallClock(-1);
  await pass(3000);
  await job.close();
  expect(runs).toEqual([1500]);
});

it("close ends the health job, also from within its task", async () => {
  const job: HealthJob = new HealthJob("* * * * * *", () => void job.close());
  job.start();
  await pass(600);
  expect(jest.getTimerCount()).toBe(0);
});

describe("a health job with a phase", () => {
  it.each<[string, number, number, number[]]>([
    ["*/5 * * * * *", 0.5, 12_000, [4000, 9000]],
    ["* * * * * *", 0.25, 3000, [750, 1750, 2750]],
    ["0 * * * * *", 0.999, 70_000, [6495, 66_495]],
    ["0,1 * * * * *", 0.5, 61_000, [2000, 5000]],
    ["0 0 3 * * *", 0.5, 26 * hour, [2 * hour + 4000]],
  ])("with schedule %s and phase %d runs that much later, each time", async (...row) => {
    const [expression, phase, inMs, expected] = row;
    const { job, runs } = startJob(expression, phase);
    await pass(inMs);
    job.close();
    expect(runs).toEqual(expected);
  });

  it.each([0, 0.2, 0.69, 0.71, 0.999])(
    "with phase %d makes nobody wait for its first run longer than for any other",
    async (phase) => {
      const { job, runs } = startJob("*/5 * * * * *", phase);
      await pass(30_000);
      job.close();
      expect(runs[0]).toBeLessThanOrEqual(5000);
      const pauses = runs.slice(1).map((run, index) => run - (runs[index] ?? 0));
      expect(new Set(pauses)).toEqual(new Set([5000]));
    },
  );

  it.each([
    ["forward", hour],
    ["back", -hour],
  ])("keeps its pace when the wall clock is set %s", async (_, byInMs) => {
    const { job, runs } = startJob("*/5 * * * * *", 0.5);
    await pass(7000);
    setWallClock(byInMs);
    await pass(10_000);
    job.close();
    expect(runs).toEqual([4000, 9000, 14_000]);
  });

  it("runs with 59 others a few at a time, and not all at once", async () => {
    const all = Array.from({ length: 60 }, (_, index) =>
      startJob("*/5 * * * * *", (index * Math.SQRT2) % 1),
    );
    await pass(20_000);
    for (const { job } of all) job.close();
    const runs = all.flatMap(({ runs }) => runs).sort((a, b) => a - b);
    const together = runs.map((run) => runs.filter((it) => it >= run && it < run + 45).length);
    expect(runs).toHaveLength(240);
    expect(Math.max(...together)).toBeLessThanOrEqual(3);
  });
});
