/**
 * How many clients may leave an endpoint that is evacuated. Those that are closed are closed at this
 * pace; what they leave of it is for clients that ask whether they are to stay.
 */
export class EvacuationPace {
  #perSecond: number;
  #left: number;
  readonly #now: () => number;
  #countedAt: number;

  /** @param now Monotonic milliseconds. Default: those of this process. */
  constructor(perSecond: number, now: () => number = () => performance.now()) {
    this.#now = now;
    this.#countedAt = now();
    this.#perSecond = perSecond;
    // The first to leave are closed at the end of the second, by all servers: they are the same for all.
    this.#left = -perSecond;
  }

  get perSecond(): number {
    return this.#perSecond;
  }

  set perSecond(perSecond: number) {
    this.#refill();
    this.#perSecond = perSecond;
  }

  /** So many have been closed, whether or not there was room for them. */
  closed(count: number): void {
    this.#refill();
    this.#left -= count;
  }

  /** Whether one more may leave now; it is counted as having left. */
  admit(): boolean {
    this.#refill();
    if (this.#left < 1) return false;
    this.#left -= 1;
    return true;
  }

  /** No more than a second's worth, and never less than one, is kept for later. */
  #refill(): void {
    const now = this.#now();
    const earned = ((now - this.#countedAt) / 1000) * this.#perSecond;
    this.#left = Math.min(Math.max(1, this.#perSecond), this.#left + earned);
    this.#countedAt = now;
  }
}
