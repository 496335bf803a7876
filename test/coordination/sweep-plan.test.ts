import type { Agreement } from "../../src/contract/coordination.ts";
import {
  afterFailedSweep,
  afterSweep,
  isDue,
  isOf,
  newSweep,
  type SweepState,
} from "../../src/coordination/sweep-plan.ts";
import { agreement } from "./support/observations.ts";

const PACE = { pollIntervalInMs: 1000, leaseInMs: 10_000 };

const began = newSweep(agreement("3 east"), 0, PACE, 0.5);

/** The pauses after sweeps that found somebody (`+`) or nobody (`-`), each one as soon as it was due. */
function pausesAfter(finds: string): number[] {
  let state: SweepState = began;
  return [...finds].map((find) => {
    const now = state.nextAt;
    state = afterSweep(state, find === "+", now, PACE);
    return state.nextAt - now;
  });
}

describe("an endpoint that was left is swept again", () => {
  it.each([
    [
      "with each poll while nobody comes, and once a lease when nobody has for a lease",
      "-".repeat(14),
      [...Array(11).fill(1000), 10_000, 10_000, 10_000],
    ],
    [
      "ever later while somebody comes each time, once a lease at last",
      "+".repeat(13),
      [1000, 1000, 1000, 2000, 3000, 4000, 5000, 6000, 7000, 8000, 9000, 10_000, 10_000],
    ],
    [
      "with each poll again when nobody was there once",
      "+++++-+",
      [1000, 1000, 1000, 2000, 3000, 1000, 1000],
    ],
  ])("%s", (_, finds, expected) => {
    expect(pausesAfter(finds)).toEqual(expected);
  });

  it("with the next poll when a sweep has failed, and all are closed then", () => {
    const failed = afterFailedSweep(began, 500, PACE);
    expect(failed).toMatchObject({ nextAt: 1500, isSwept: false });
    expect(afterSweep(failed, false, 1500, PACE)).toMatchObject({ isSwept: true });
  });
});

describe("the first look at an endpoint that was left", () => {
  it.each<[string, boolean, number, boolean]>([
    ["is due at once for the leader", true, 0, true],
    ["is not due for another server while the leader may be at it", false, 14_999, false],
    ["is due for another server after a lease and its share of one", false, 15_000, true],
  ])("%s", (_, isLeader, now, expected) => {
    expect(isDue(began, isLeader, now)).toBe(expected);
  });
});

it.each<[string, Agreement, boolean]>([
  ["goes on under the same agreement", agreement("3 east"), true],
  ["begins anew with the next one", agreement("4 east"), false],
  [
    "begins anew with another one of that number",
    { ...agreement("3 east"), incarnation: "x" },
    false,
  ],
])("a sweep %s", (_, other, expected) => {
  expect(isOf(began, other)).toBe(expected);
});
