import {
  afterFailedSweep,
  afterSweep,
  newSweep,
  type SweepState,
} from "../../src/coordination/sweep-plan.ts";

const PACE = { pollIntervalInMs: 1000, leaseInMs: 10_000 };

/** The pauses after sweeps that found somebody (`+`) or nobody (`-`), each one as soon as it was due. */
function pausesAfter(finds: string): number[] {
  let state: SweepState = newSweep(1, 0);
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
    const failed = afterFailedSweep(newSweep(1, 0), 500, PACE);
    expect(failed).toMatchObject({ nextAt: 1500, isSwept: false });
    expect(afterSweep(failed, false, 1500, PACE)).toMatchObject({ isSwept: true });
  });
});
