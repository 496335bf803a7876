import nodeCron, { type ScheduledTask } from "node-cron";

/** Long waits are planned anew now and then, since the wall clock may have been set meanwhile. */
const maxWaitInMs = 3_600_000;

/**
 * Runs a task when a cron expression says so. `node-cron` only says when that is; the waiting is
 * done here, on a clock that never jumps. Its own timer waits an hour when the wall clock is set
 * back an hour, and blocks the process while it counts the runs missed when it is set forward.
 */
export class HealthJob {
  readonly #plan: ScheduledTask;
  readonly #task: () => void;
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  constructor(expression: string, task: () => void) {
    // In a zone with daylight saving, a sub-hourly schedule pauses when the clock falls back.
    this.#plan = nodeCron.createTask(expression, () => {}, { timezone: "Etc/UTC" });
    this.#task = task;
  }

  start(): void {
    this.#wait(this.#nextRun());
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    await this.#plan.destroy();
  }

  #wait(run: number): void {
    const delay = Math.max(0, run - Date.now());
    const isWholeWait = delay <= maxWaitInMs;
    this.#timer = setTimeout(
      () => {
        if (isWholeWait) this.#task();
        if (!this.#isClosed) this.#wait(this.#nextRun(isWholeWait ? run : undefined));
      },
      Math.min(delay, maxWaitInMs),
    );
    this.#timer.unref();
  }

  /** A timer may fire a moment early; the run that it stood for does not come twice. */
  #nextRun(done?: number): number {
    const runs = this.#plan.getNextRuns(2).map((date) => date.getTime());
    return runs.find((run) => run !== done) ?? Date.now() + maxWaitInMs;
  }
}
