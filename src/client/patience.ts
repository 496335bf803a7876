// From one that is slower nobody waits for a message of 1 MiB.
const LEAST_CHARACTERS_PER_MS = 50;
const ROUND_TRIPS = 4;
// Longer ones are those of a process that was busy.
const LONGEST_ROUND_TRIP_IN_MS = 5000;
// Twice at most: a message of 1 MiB takes 20 s at the least speed, and four times that at a quarter.
const GROWTH = 4;
const MOST_GROWTHS = 2;

/**
 * How long a link may say nothing. What is learned of it outlives the sockets of one connection: while
 * a large message comes in, browsers show nothing of it, and each socket would be given up like the last.
 */
export class Patience {
  #roundTripInMs = 0;
  #silences = 0;

  /** The slowest of late: each later one takes half of what it exceeds. */
  onRoundTrip(inMs: number): void {
    const sample = Math.min(inMs, LONGEST_ROUND_TRIP_IN_MS);
    this.#roundTripInMs = Math.max(sample, this.#roundTripInMs / 2);
  }

  onMessage(): void {
    this.#silences = 0;
  }

  /** A socket was given up. */
  onSilence(): void {
    this.#silences += 1;
  }

  /** What to wait for at least, on whatever socket. */
  get roundTripsInMs(): number {
    return ROUND_TRIPS * this.#roundTripInMs;
  }

  /**
   * @param usualInMs For a link of which nothing is known.
   * @param unanswered How many characters are under way that the service has not answered.
   */
  inMs(usualInMs: number, unanswered: number): number {
    const grownInMs = usualInMs * GROWTH ** Math.min(this.#silences, MOST_GROWTHS);
    return Math.max(grownInMs, this.roundTripsInMs) + transferInMs(unanswered);
  }
}

/** How long the slowest link takes for it that is waited for. */
export const transferInMs = (characters: number): number => characters / LEAST_CHARACTERS_PER_MS;
