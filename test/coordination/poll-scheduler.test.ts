import { type NextPoll, PollScheduler } from "../../src/coordination/poll-scheduler.ts";
import { virtualClock } from "./support/virtual-clock.ts";

const POLL = 1000;

/** A scheduler whose polls take so long and tell what is to be next, with the times at which they began. */
function schedule(tookInMs: number, nextOf: (poll: number) => NextPoll = () => "as-usual") {
  const { timeline, clock } = virtualClock();
  const polls: number[] = [];
  const state = { isUrgent: false };
  const pause = (inMs: number) => new Promise<void>((resolve) => timeline.in(inMs, resolve));
  const scheduler = new PollScheduler({
    pollIntervalInMs: POLL,
    clock,
    random: () => 0.5,
    isUrgent: () => state.isUrgent,
    poll: async () => {
      polls.push(Math.round(timeline.now));
      await pause(tookInMs);
      return nextOf(polls.length);
    },
  });
  return { scheduler, polls, state, timeline, pause };
}

// 950 is the usual interval with this random number, 250 the one of polls that are to come soon.
describe("the store is polled", () => {
  it("in the usual interval, from the beginning of one poll to that of the next", async () => {
    const { scheduler, polls, timeline } = schedule(100);
    scheduler.start();
    await timeline.runUntil(2000);
    expect(polls).toEqual([0, 950, 1900]);
  });

  it("at once after a poll that took longer than the interval, never two at a time", async () => {
    const { scheduler, polls, timeline } = schedule(1500);
    scheduler.start();
    await timeline.runUntil(3500);
    expect(polls).toEqual([0, 1500, 3000]);
  });

  it("soon after a poll that asks for it", async () => {
    const { scheduler, polls, timeline } = schedule(100, (poll) =>
      poll < 3 ? "soon" : "as-usual",
    );
    scheduler.start();
    await timeline.runUntil(1400);
    expect(polls).toEqual([0, 250, 500]);
  });

  it("soon for as long as it is urgent", async () => {
    const { scheduler, polls, state, timeline } = schedule(100);
    state.isUrgent = true;
    scheduler.start();
    await timeline.runUntil(550);
    state.isUrgent = false;
    await timeline.runUntil(1500);
    expect(polls).toEqual([0, 250, 500, 1450]);
  });

  it.each([
    ["between two polls", 400, [0, 400, 1350]],
    ["just after a poll has begun, which may have missed the news", 50, [0, 250, 1200]],
    ["just after a poll has ended", 150, [0, 250, 1200]],
  ])("soon when that is asked for %s", async (_, at, expected) => {
    const { scheduler, polls, timeline } = schedule(100);
    scheduler.start();
    await timeline.runUntil(at);
    scheduler.pollSoon();
    await timeline.runUntil(1400);
    expect(polls).toEqual(expected);
  });

  it("soon after something else was done in the turn of a poll, also if that has failed", async () => {
    const { scheduler, polls, timeline, pause } = schedule(100);
    scheduler.start();
    await timeline.runUntil(500);
    const work = scheduler.runInsteadOfPoll(async () => {
      await pause(100);
      throw new Error("failed");
    });
    const outcome = work.catch((error: Error) => error.message);
    await timeline.runUntil(1000);
    expect(await outcome).toBe("failed");
    expect(polls).toEqual([0, 750]);
  });

  it("no more after the end", async () => {
    const { scheduler, polls, timeline } = schedule(100);
    scheduler.start();
    await timeline.runUntil(50);
    scheduler.close();
    scheduler.pollSoon();
    await timeline.runUntil(3000);
    await scheduler.pollNow();
    expect(polls).toEqual([0]);
  });
});
