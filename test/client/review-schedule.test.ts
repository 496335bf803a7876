import { type ReviewMoment, ReviewSchedule } from "../../src/client/review-schedule.ts";

const INTERVAL_IN_MS = 20_000;
const at = (now: number, random = 0.5): ReviewMoment => ({
  now,
  random,
  reviewAfterInMs: INTERVAL_IN_MS,
});
const ALMOST_ONE = 1 - Number.EPSILON;

/** When the next review is due, after what is done to the schedule. */
function dueAfter(happen: (schedule: ReviewSchedule) => void): number {
  const schedule = new ReviewSchedule();
  happen(schedule);
  return Math.round(schedule.dueAt);
}

it.each<[string, number, (schedule: ReviewSchedule) => void]>([
  ["some time within the interval after a connection came up", 12_500, (s) => s.onConnected(at(0))],
  ["but not in its first quarter", 5000, (s) => s.onConnected(at(0, 0))],
  ["nor when that is over for all who came up together", 6500, (s) => s.onConnected(at(0, 0.1))],
  [
    "three quarters of the interval after a review, at the least",
    16_000,
    (s) => s.onAsked(at(1000, 0), false),
  ],
  [
    "the interval after a review, at the most",
    21_000,
    (s) => s.onAsked(at(1000, ALMOST_ONE), false),
  ],
  [
    "four times as late in a page that nobody looks at",
    81_000,
    (s) => s.onAsked(at(1000, ALMOST_ONE), true),
  ],
  [
    "within the spread after a doubt",
    1500,
    (s) => {
      s.onConnected(at(0));
      s.onDoubt(at(1000), 1000);
    },
  ],
  [
    "at once after a doubt where there is no spread",
    1000,
    (s) => {
      s.onConnected(at(0));
      s.onDoubt(at(1000), 0);
    },
  ],
  [
    "not sooner than a quarter of the interval after the last one, whatever happens",
    6500,
    (s) => {
      s.onAsked(at(1000), false);
      for (let now = 1100; now < 2000; now += 100) s.onDoubt(at(now), 1000);
    },
  ],
  [
    "when the first of several doubts says, not at the luckiest of all",
    2000,
    (s) => {
      s.onConnected(at(0));
      for (const random of [0.9, 0.1, 0.5]) s.onDoubt(at(1100, random), 1000);
    },
  ],
  [
    "not later for a doubt",
    12_500,
    (s) => {
      s.onConnected(at(0));
      s.onDoubt(at(9900), 3_600_000);
    },
  ],
  [
    "not sooner than that on another connection either",
    10_500,
    (s) => {
      s.onAsked(at(5000), false);
      s.onConnected(at(6000));
      s.onDoubt(at(6000), 1000);
    },
  ],
])("a review is due %s", (_, expected, happen) => {
  expect(dueAfter(happen)).toBe(expected);
});
