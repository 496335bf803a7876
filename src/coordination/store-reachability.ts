import type { Clock } from "../kit/clock.ts";

export interface ReachabilityState {
  readonly isLost: boolean;
  /** Why the last attempt failed; undefined when it did not. */
  readonly error: unknown;
  /** When the store answered last, epoch milliseconds. */
  readonly answeredAt: number | undefined;
}

export interface ReachabilityListener {
  lost(error: unknown): void;
  restored(afterInMs: number): void;
}

/** Tells a store that is away from one that has missed a call. */
export class StoreReachability {
  readonly #toleranceInMs: number;
  readonly #clock: Clock;
  readonly #listener: ReachabilityListener;
  /** Monotonic milliseconds; undefined before the first answer. */
  #lastAnswer: number | undefined;
  #answeredAt: number | undefined;
  #error: unknown;
  #lostAt: number | undefined;

  /** @param toleranceInMs For how long it may give no answer before it counts as lost. */
  constructor(toleranceInMs: number, clock: Clock, listener: ReachabilityListener) {
    this.#toleranceInMs = toleranceInMs;
    this.#clock = clock;
    this.#listener = listener;
  }

  get state(): ReachabilityState {
    return {
      isLost: this.#lostAt !== undefined,
      error: this.#error,
      answeredAt: this.#answeredAt,
    };
  }

  answered(): void {
    const now = this.#clock.now();
    const lostAt = this.#lostAt;
    this.#lastAnswer = now;
    this.#answeredAt = this.#clock.wallClock();
    this.#error = undefined;
    this.#lostAt = undefined;
    if (lostAt !== undefined) this.#listener.restored(now - lostAt);
  }

  failed(error: unknown): void {
    const now = this.#clock.now();
    this.#error = error;
    const isTolerated =
      this.#lastAnswer !== undefined && now - this.#lastAnswer < this.#toleranceInMs;
    if (isTolerated || this.#lostAt !== undefined) return;
    this.#lostAt = this.#lastAnswer ?? now;
    this.#listener.lost(error);
  }
}
