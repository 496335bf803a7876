import { setTimeout as delay } from "node:timers/promises";
import { messageOf } from "../kit/message-of.ts";
import { MissedStepError } from "../kit/missed-step-error.ts";

const LABEL_WIDTH = 29;

/** Prints what happens, one line each, with the milliseconds since the start. */
export class StepLog {
  readonly #print: (line: string) => void;
  readonly #signal: AbortSignal;
  readonly #startedAt = performance.now();

  constructor(print: (line: string) => void, signal: AbortSignal) {
    this.#print = print;
    this.#signal = signal;
  }

  print(label: string, detail = "", at = performance.now()): void {
    const time = String(Math.round(at - this.#startedAt)).padStart(6);
    this.#print(`+${time} ms  ${label.padEnd(LABEL_WIDTH)} ${detail}`.trimEnd());
  }

  /**
   * Waits for a step and prints it, with the time at which it happened.
   *
   * @throws MissedStepError after the deadline, on failure and on interruption
   */
  async step<T extends Outcome>(label: string, step: Step<T>): Promise<T> {
    const { deadlineInMs, promise, detail } = step;
    try {
      const outcome = await withinDeadline(promise, deadlineInMs, this.#signal);
      this.print(label, detail(outcome), outcome.at);
      return outcome;
    } catch (error) {
      const reason = this.#signal.aborted ? "interrupted" : messageOf(error);
      this.print(label, `FAILED: ${reason}`);
      throw new MissedStepError(`${label}: ${reason}`);
    }
  }
}

interface Outcome {
  /** When it happened, monotonic milliseconds; left out, that is when it is noticed. */
  readonly at?: number | undefined;
}

export interface Step<T extends Outcome> {
  readonly deadlineInMs: number;
  readonly promise: Promise<T>;
  readonly detail: (outcome: T) => string;
}

async function withinDeadline<T>(
  promise: Promise<T>,
  deadlineInMs: number,
  signal: AbortSignal,
): Promise<T> {
  const settled = new AbortController();
  const giveUp = delay(deadlineInMs, undefined, {
    signal: AbortSignal.any([settled.signal, signal]),
  }).then(() => {
    throw new Error(`not within ${deadlineInMs} ms`);
  });
  giveUp.catch(() => {});
  try {
    return await Promise.race([promise, giveUp]);
  } finally {
    settled.abort();
  }
}
