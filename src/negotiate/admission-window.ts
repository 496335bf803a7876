/** No server answers more in a second; a shorter window of so many is as good then. */
const maxPlaces = 65_536;
/** Sums of fractions come out a hair too low. */
const TOLERANCE_IN_MS = 1e-6;

/**
 * When the next one may be let in: in no second, wherever it begins, are there more than the limit.
 * All that is kept are the times of the latest, of which some may still be to come.
 */
export class AdmissionWindow {
  /** A ring, in which the oldest makes room for the next. */
  readonly #times: Float64Array;
  readonly #lengthInMs: number;
  #oldest = 0;

  constructor(perSecond: number) {
    const places = Math.min(Math.ceil(perSecond), maxPlaces);
    this.#times = new Float64Array(places).fill(Number.NEGATIVE_INFINITY);
    this.#lengthInMs = (1000 * places) / perSecond;
  }

  /** In how many milliseconds there is a place for one more; 0: there is now. */
  waitInMs(now: number): number {
    const inMs = (this.#times[this.#oldest] as number) + this.#lengthInMs - now;
    return inMs > TOLERANCE_IN_MS ? inMs : 0;
  }

  /** @param at When it is let in: no sooner than there is a place. */
  take(at: number): void {
    this.#times[this.#oldest] = at;
    this.#oldest = (this.#oldest + 1) % this.#times.length;
  }
}
