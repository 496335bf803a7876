import { CronExpression } from "../kit/cron-expression.ts";

/** Long waits are planned anew now and then, since the wall clock may have been set meanwhile. */
const maxWaitInMs = 3_600_000;

/**
 * Runs a task when a cron expression says so, in UTC: in a zone with daylight saving, a sub-hourly
 * schedule would pause when the clock falls back. The waiting is done on a clock that never jumps.
 */
export class HealthJob {
  readonly #plan: CronExpression;
  readonly #task: () => void;
  #timer: NodeJS.Timeout | undefined;
  #isClosed = false;

  /** @throws RangeError for an expression that the options would not have accepted. */
  constructor(expression: string, task: () => void) {
    const plan = CronExpression.parse(expression);
    if (!plan) throw new RangeError(`Not a cron expression: ${expression}`);
    this.#plan = plan;
    this.#task = task;
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
        if (isWholeWait) this.#task();
        if (!this.#isClosed) this.#wait(this.#nextRun(isWholeWait ? run : undefined));
      },
      Math.min(delay, maxWaitInMs),
    );
    this.#timer.unref();
  }

  /** A timer may fire a moment early; the run that it stood for does not come twice. */
  #nextRun(done?: number): number {
    let run = this.#plan.nextRun(Date.now());
    if (run !== undefined && run === done) run = this.#plan.nextRun(run);
    return run ?? Date.now() + maxWaitInMs;
  }
}
