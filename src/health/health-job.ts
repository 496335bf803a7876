import type { Cron } from "croner";
import { parseCron } from "../kit/cron.ts";

/** Long waits are planned anew now and then, since the wall clock may have been set meanwhile. */
const maxWaitInMs = 3_600_000;

/** Enough for many plugins, and not more than the times of a cron expression are taken for. */
const maxDelayInMs = 5000;

/**
 * Runs a task when a cron expression says so, in UTC: in a zone with daylight saving, a sub-hourly
 * schedule would pause when the clock falls back. The waiting is done on a clock that never jumps.
 */
export class HealthJob {
  readonly #plan: Cron;
  readonly #task: () => void;
  readonly #phase: number;
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  /**
   * @param phase How far the runs stand behind the times of the expression: 0 = not at all, below 1 =
   *   that part of the time until the next one, and 5 s at most. The jobs of many plugins and servers
   *   would all run in the same moment otherwise.
   * @throws RangeError for an expression that the options would not have accepted.
   */
  constructor(expression: string, task: () => void, phase = 0) {
    const plan = parseCron(expression);
    if (!plan) throw new RangeError(`Not a cron expression: ${expression}`);
    this.#plan = plan;
    this.#task = task;
    this.#phase = phase;
  }

  start(): void {
    this.#wait(this.#nextRun());
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
  }

  #wait(run: number): void {
    const delay = Math.max(0, run - Date.now());
    const isWholeWait = delay <= maxWaitInMs;
    this.#timer = setTimeout(
      () => {
        // A test that fakes timers keeps those that were set before from being cleared.
        if (this.#isClosed) return;
        if (isWholeWait) this.#task();
        if (!this.#isClosed) this.#wait(this.#nextRun(isWholeWait ? run : undefined));
      },
      Math.min(delay, maxWaitInMs),
    );
    this.#timer.unref();
  }

  /** A timer may fire a moment early; the run that it stood for does not come twice. */
  #nextRun(done?: number): number {
    let run = this.#runAfter(Date.now());
    if (run !== undefined && run === done) run = this.#runAfter(run);
    return run ?? Date.now() + maxWaitInMs;
  }

  #runAfter(moment: number): number | undefined {
    // Of a time that has passed the run may be still to come.
    let time = this.#timeAfter(moment - maxDelayInMs - 1);
    while (time !== undefined) {
      const following = this.#timeAfter(time);
      const run = time + this.#delayBetween(time, following);
      if (run > moment) return run;
      time = following;
    }
    return undefined;
  }

  /** The first time of the expression after another, both in epoch milliseconds. */
  #timeAfter(time: number): number | undefined {
    return this.#plan.nextRun(new Date(time))?.getTime();
  }

  #delayBetween(time: number, following = Number.POSITIVE_INFINITY): number {
    return Math.floor(this.#phase * Math.min(following - time, maxDelayInMs));
  }
}
