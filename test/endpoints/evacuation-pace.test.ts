import { EvacuationPace } from "../../src/endpoints/evacuation-pace.ts";
import { useFakeTime } from "../support/clean-up.ts";

useFakeTime();

function admitted(pace: EvacuationPace, asking = 1000): number {
  return Array.from({ length: asking }, () => pace.admit()).filter(Boolean).length;
}

/** The first second is over, which belongs to those who are closed. */
function startedPace(perSecond: number): EvacuationPace {
  const pace = new EvacuationPace(perSecond);
  jest.advanceTimersByTime(1000);
  return pace;
}

it("nobody who asks may leave in the first second, before anybody is closed", () => {
  const pace = new EvacuationPace(10);
  jest.advanceTimersByTime(999);
  expect(admitted(pace)).toBe(0);
});

it.each([
  [10, 1000, 10],
  [10, 500, 5],
  [10, 60_000, 10],
  [0.5, 1000, 0],
  [0.5, 2000, 1],
  [0.5, 60_000, 1],
])("at %d clients a second, after %i ms so many may leave: %i", (perSecond, inMs, expected) => {
  const pace = startedPace(perSecond);
  expect(admitted(pace)).toBe(0);
  jest.advanceTimersByTime(inMs);
  expect(admitted(pace)).toBe(expected);
  expect(admitted(pace)).toBe(0);
});

it("nobody else may leave while as many are closed as may be", () => {
  const pace = new EvacuationPace(10);
  let left = 0;
  for (let second = 0; second < 60; second += 1) {
    pace.closed(10);
    jest.advanceTimersByTime(1000);
    left += admitted(pace);
  }
  expect(left).toBe(0);
});

it("those who ask are let go in the place of those who could not be closed", () => {
  const pace = startedPace(10);
  let left = 0;
  for (let second = 0; second < 60; second += 1) {
    jest.advanceTimersByTime(1000);
    pace.closed(4);
    left += admitted(pace);
  }
  expect(left).toBe(60 * 6);
});

it("a new pace counts from now on", () => {
  const pace = startedPace(1);
  jest.advanceTimersByTime(1000);
  pace.perSecond = 100;
  expect(admitted(pace)).toBe(1);
  jest.advanceTimersByTime(1000);
  expect([admitted(pace), pace.perSecond]).toEqual([100, 100]);
});
