import { HealthJob } from "../../src/health/health-job.ts";
import { useFakeTime } from "../support/clean-up.ts";

const hour = 3_600_000;
const start = new Date("2026-03-29T00:59:58.500Z");

useFakeTime({ now: start });

/** Starts a job; the times of its runs, in milliseconds that never jump. */
function startJob(expression: string) {
  const zero = performance.now();
  const runs: number[] = [];
  const job = new HealthJob(expression, () => void runs.push(Math.round(performance.now() - zero)));
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
