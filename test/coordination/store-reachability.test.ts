import { StoreReachability } from "../../src/coordination/store-reachability.ts";
import { virtualClock } from "./support/virtual-clock.ts";

const TOLERANCE = 1000;

/** `0+ 500-` is an answer after 0 ms and a failure after 500. */
async function reachabilityAfter(
  events: string,
): Promise<{ told: string[]; reachability: StoreReachability }> {
  const { timeline, clock } = virtualClock();
  const told: string[] = [];
  const reachability = new StoreReachability(TOLERANCE, clock, {
    lost: (error) => told.push(`lost at ${timeline.now}: ${error}`),
    restored: (afterInMs) => told.push(`restored after ${afterInMs}`),
  });
  for (const event of events.split(" ").filter(Boolean)) {
    await timeline.runUntil(Number.parseInt(event, 10));
    if (event.endsWith("+")) reachability.answered();
    else reachability.failed(`error ${timeline.now}`);
  }
  return { told, reachability };
}

it.each([
  ["0+ 500+", []],
  ["0+ 999-", []],
  ["0+ 999- 1500+ 2400-", []],
  ["0+ 1000-", ["lost at 1000: error 1000"]],
  ["0+ 500- 1000- 1500- 9000-", ["lost at 1000: error 1000"]],
  ["0+ 1000- 1500+", ["lost at 1000: error 1000", "restored after 1500"]],
  ["0+ 1000- 1500+ 1600-", ["lost at 1000: error 1000", "restored after 1500"]],
  ["0-", ["lost at 0: error 0"]],
  ["0- 100- 300+", ["lost at 0: error 0", "restored after 300"]],
  ["", []],
])(
  "the store is lost after a second without an answer, told once: %s: %j",
  async (events, expected) => {
    expect((await reachabilityAfter(events)).told).toEqual(expected);
  },
);

it("the state tells when the store answered last, and why the last attempt failed", async () => {
  const answeredAt = 1_700_000_000_000;
  expect((await reachabilityAfter("")).reachability.state).toEqual({
    isLost: false,
    error: undefined,
    answeredAt: undefined,
  });
  expect((await reachabilityAfter("0+ 500-")).reachability.state).toEqual({
    isLost: false,
    error: "error 500",
    answeredAt,
  });
  expect((await reachabilityAfter("0+ 1000-")).reachability.state).toMatchObject({
    isLost: true,
    error: "error 1000",
  });
  expect((await reachabilityAfter("0+ 1000- 1100+")).reachability.state).toEqual({
    isLost: false,
    error: undefined,
    answeredAt: answeredAt + 1100,
  });
});
