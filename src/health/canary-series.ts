import type { CanaryResult } from "./canary.ts";

interface CanaryActions {
  /** Never rejects. */
  send(): Promise<CanaryResult>;
  /** Told of each result, once. */
  record(result: CanaryResult): void;
  /** Whether one more is needed after what has been recorded. */
  isUndecided(): boolean;
  /** At most one canary in this time, however many calls fail (ms). */
  readonly intervalInMs: number;
}

/** The canaries of one endpoint: one at a time, whoever asks. */
export class CanarySeries {
  readonly #actions: CanaryActions;
  #underWay: Promise<CanaryResult> | undefined;
  #next: NodeJS.Timeout | undefined;
  /** The last result, and when its canary was sent; monotonic milliseconds. */
  #last: CanaryResult | undefined;
  #sentAt = Number.NEGATIVE_INFINITY;

  constructor(actions: CanaryActions) {
    this.#actions = actions;
  }

  /** Sends a canary now, or joins the one under way. */
  send(): Promise<CanaryResult> {
    this.#underWay ??= this.#launch();
    return this.#underWay;
  }

  /**
   * Sends a canary since a call has failed; as soon as may be, if there was one a moment ago.
   *
   * @returns What the canary of this moment says, or the last one has said.
   */
  async ask(): Promise<CanaryResult> {
    const isRecent = performance.now() - this.#sentAt < this.#actions.intervalInMs;
    const isDue = this.#underWay !== undefined || !isRecent;
    if (isDue || this.#last === undefined) return this.send();
    this.#schedule();
    return this.#last;
  }

  /** The one under way speaks of a time that is over: nobody joins it, and its result does not count. */
  drop(): void {
    this.#underWay = undefined;
  }

  end(): void {
    clearTimeout(this.#next);
    this.#next = undefined;
  }

  #launch(): Promise<CanaryResult> {
    this.end();
    this.#sentAt = performance.now();
    const canary = this.#actions.send().then((result) => {
      if (this.#underWay !== canary) return result;
      this.#underWay = undefined;
      this.#last = result;
      this.#actions.record(result);
      if (this.#actions.isUndecided()) this.#schedule();
      return result;
    });
    return canary;
  }

  #schedule(): void {
    const elapsedInMs = performance.now() - this.#sentAt;
    this.#next ??= setTimeout(
      () => {
        this.#next = undefined;
        void this.send();
      },
      Math.max(0, this.#actions.intervalInMs - elapsedInMs),
    ).unref();
  }
}
