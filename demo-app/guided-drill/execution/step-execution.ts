import type { Measured } from "../../contract/live.ts";
import { MissedStepError } from "../../kit/missed-step-error.ts";
import { orLate, pause } from "../../kit/pause.ts";

/** Somebody has stopped the drill. */
export class StoppedError extends Error {}

/** What is not yet so, for people: "3 of 50 clients are on westus". */
export class NotYet {
  readonly what: string;

  constructor(what: string) {
    this.what = what;
  }
}

const CHECK_AT_MOST_EVERY_IN_MS = 50;
// Who waits for minutes needs not look twenty times a second.
const CHECKS_BY_THE_DEADLINE = 1000;
// The environment may take a moment to show what the drill itself has just ordered.
const DISTURBED_AFTER_IN_MS = 250;
const LATE = Symbol("late");

export interface AttemptOptions {
  readonly deadlineInMs: number;
  readonly signal: AbortSignal;
  /** What somebody else has changed, in a sentence. */
  readonly disturbance: () => string | null;
  readonly measure: (figures: readonly Measured[]) => void;
}

/** One step while it runs: everything it waits for ends with its deadline and with the drill. */
export class StepExecution {
  readonly #options: AttemptOptions;
  readonly #endsAt: number;
  readonly #checkEveryInMs: number;
  #disturbedSince: number | undefined;

  constructor(options: AttemptOptions) {
    this.#options = options;
    this.#endsAt = performance.now() + options.deadlineInMs;
    this.#checkEveryInMs = Math.max(
      CHECK_AT_MOST_EVERY_IN_MS,
      options.deadlineInMs / CHECKS_BY_THE_DEADLINE,
    );
  }

  measure(...figures: Measured[]): void {
    this.#options.measure(figures);
  }

  /** @throws MissedStepError @throws StoppedError and whatever `doing` rejects with */
  async order<T>(doing: Promise<T>, what: string): Promise<T> {
    const { signal } = this.#options;
    const outcome = await orLate(doing, LATE, this.#endsAt - performance.now(), signal);
    if (signal.aborted) throw new StoppedError();
    if (outcome === LATE) throw this.#late(what);
    return outcome as T;
  }

  /**
   * Looks until there is something to be found.
   *
   * @throws MissedStepError after the deadline, or as soon as somebody else has changed the environment
   * @throws StoppedError
   */
  async until<T>(check: () => T | NotYet | Promise<T | NotYet>): Promise<T> {
    const { signal } = this.#options;
    let what = "nothing has answered";
    for (;;) {
      const found = await this.order(Promise.resolve(check()), what);
      if (!(found instanceof NotYet)) return found;
      what = found.what;
      this.#refuseDisturbance();
      if (performance.now() >= this.#endsAt) throw this.#late(what);
      await pause(this.#checkEveryInMs, signal);
    }
  }

  /** Lets everything be as it is for a while. */
  async linger(durationInMs: number): Promise<void> {
    const endsAt = performance.now() + durationInMs;
    await this.until(() => performance.now() >= endsAt || new NotYet("there was time to look"));
  }

  #refuseDisturbance(): void {
    const disturbance = this.#options.disturbance();
    if (disturbance === null) {
      this.#disturbedSince = undefined;
      return;
    }
    this.#disturbedSince ??= performance.now();
    if (performance.now() - this.#disturbedSince < DISTURBED_AFTER_IN_MS) return;
    throw new MissedStepError(disturbance);
  }

  #late(what: string): MissedStepError {
    return new MissedStepError(`Not within ${this.#options.deadlineInMs / 1000} s: ${what}.`);
  }
}
