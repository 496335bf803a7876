import { BoundedMap } from "../kit/bounded-map.ts";
import type { Clock } from "../kit/clock.ts";

/** Groups that one user may be the first to name, at once. */
const maxAtOnce = 1000;
const PER_SECOND = 1;
/** Users that are remembered; one that is not has its whole allowance. */
const maxUsers = 10_000;

interface Allowance {
  readonly left: number;
  readonly at: number;
}

/**
 * How many streams a user may have begun by naming them. Whoever may join any group could otherwise
 * fill the store with streams that nobody sends to. Those that this server knows are there already.
 */
export class StreamAllowances {
  readonly #isKnown: (stream: string) => boolean;
  readonly #clock: Clock;
  readonly #users = new BoundedMap<string, Allowance>(maxUsers);

  constructor(isKnown: (stream: string) => boolean, clock: Clock) {
    this.#isKnown = isKnown;
    this.#clock = clock;
  }

  /** Whether the user may name the stream now. */
  admits(userId: string, stream: string): boolean {
    if (this.#isKnown(stream)) return true;
    const now = this.#clock.now();
    const { left, at } = this.#users.get(userId) ?? { left: maxAtOnce, at: now };
    const refilled = Math.min(maxAtOnce, left + ((now - at) / 1000) * PER_SECOND);
    if (refilled < 1) return false;
    this.#users.set(userId, { left: refilled - 1, at: now });
    return true;
  }
}
