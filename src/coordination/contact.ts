import type { Clock } from "./clock.ts";

/** What is known of the way to the store. */
export interface ContactState {
  readonly isLost: boolean;
  /** Why the last attempt failed; undefined when it did not. */
  readonly error: unknown;
  /** When the store was last heard, epoch milliseconds. */
  readonly heardAt: number | undefined;
}

export interface ContactListener {
  lost(error: unknown): void;
  restored(afterInMs: number): void;
}

/** Tells a store that is away from one that has missed a call. */
export class Contact {
  readonly #patienceInMs: number;
  readonly #clock: Clock;
  readonly #listener: ContactListener;
  /** Monotonic milliseconds; undefined before the first answer. */
  #lastHeard: number | undefined;
  #heardAt: number | undefined;
  #error: unknown;
  #lostAt: number | undefined;

  constructor(patienceInMs: number, clock: Clock, listener: ContactListener) {
    this.#patienceInMs = patienceInMs;
    this.#clock = clock;
    this.#listener = listener;
  }

  get state(): ContactState {
    return { isLost: this.#lostAt !== undefined, error: this.#error, heardAt: this.#heardAt };
  }

  heard(): void {
    const now = this.#clock.now();
    const lostAt = this.#lostAt;
    this.#lastHeard = now;
    this.#heardAt = this.#clock.wallClock();
    this.#error = undefined;
    this.#lostAt = undefined;
    if (lostAt !== undefined) this.#listener.restored(now - lostAt);
  }

  failed(error: unknown): void {
    const now = this.#clock.now();
    this.#error = error;
    const isPatient = this.#lastHeard !== undefined && now - this.#lastHeard < this.#patienceInMs;
    if (isPatient || this.#lostAt !== undefined) return;
    this.#lostAt = this.#lastHeard ?? now;
    this.#listener.lost(error);
  }
}
