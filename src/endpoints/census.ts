import { DistinctCounter } from "../kit/distinct-counter.ts";
import type { RegisteredEndpoint } from "./registered-endpoint.ts";

/** Pages that nobody looks at ask for a review so many times less often at most. */
const SEEN_INTERVALS = 4;

type Interval = Map<RegisteredEndpoint, DistinctCounter>;

/**
 * How many clients are on each endpoint, as far as this server is asked for reviews: every connected
 * client asks once in an interval, a hidden page once in four. So whoever has asked in the last four
 * whole intervals is counted, once. Of several servers each is asked by its share, and their counts
 * add up. A client that has moved or gone is counted for those intervals still.
 */
export class Census {
  readonly #intervalInMs: number;
  readonly #now: () => number;
  readonly #startedAt: number;
  /** The one that is under way last; the others are whole. */
  #intervals: Interval[] = [new Map()];
  #finished = 0;
  #fullest: number | undefined;
  #counts: ReadonlyMap<RegisteredEndpoint, number> = new Map();
  /** Of the interval that is under way, and of the one before it. */
  #arrivals = { now: 0, before: 0 };

  /**
   * @param intervalInMs How often a client asks.
   * @param now Monotonic milliseconds. Default: those of this process.
   */
  constructor(intervalInMs: number, now: () => number = () => performance.now()) {
    this.#intervalInMs = intervalInMs;
    this.#now = now;
    this.#startedAt = now();
  }

  /** @param client At least 17 random bits, the same whenever this client asks. */
  count(endpoint: RegisteredEndpoint, client: number): void {
    this.#finishIntervals();
    const current = this.#intervals.at(-1) as Interval;
    const counter = current.get(endpoint) ?? new DistinctCounter();
    current.set(endpoint, counter);
    counter.add(client);
  }

  /** A client, perhaps one that had been told before, is told where to connect. */
  countArrival(): void {
    this.#finishIntervals();
    this.#arrivals.now += 1;
  }

  /** How many were told of late; there are at least so many clients, unless they came again and again. */
  get arrivals(): number {
    this.#finishIntervals();
    return Math.max(this.#arrivals.now, this.#arrivals.before);
  }

  /** Undefined before the first interval is over. */
  clientsOn(endpoint: RegisteredEndpoint): number | undefined {
    this.#finishIntervals();
    return this.#finished === 0 ? undefined : (this.#counts.get(endpoint) ?? 0);
  }

  /**
   * The clients of the endpoint that has most; undefined while nobody was ever known. As long as nobody
   * asks, those who did may all have lost their connections, and be about to come back.
   */
  get fullest(): number | undefined {
    this.#finishIntervals();
    return this.#fullest;
  }

  #finishIntervals(): void {
    const finished = Math.floor((this.#now() - this.#startedAt) / this.#intervalInMs);
    if (finished === this.#finished) return;
    const begun = Math.min(finished - this.#finished, SEEN_INTERVALS + 1);
    this.#finished = finished;
    this.#arrivals = { now: 0, before: begun === 1 ? this.#arrivals.now : 0 };
    for (let index = 0; index < begun; index += 1) {
      this.#intervals = [...this.#intervals.slice(-SEEN_INTERVALS), new Map()];
      this.#counts = countsOf(this.#intervals.slice(0, -1));
      if (this.#counts.size > 0) this.#fullest = Math.max(...this.#counts.values());
    }
  }
}

function countsOf(intervals: readonly Interval[]): ReadonlyMap<RegisteredEndpoint, number> {
  const endpoints = new Set(intervals.flatMap((interval) => [...interval.keys()]));
  const counts = new Map<RegisteredEndpoint, number>();
  for (const endpoint of endpoints) {
    const counters = intervals.flatMap((interval) => interval.get(endpoint) ?? []);
    counts.set(endpoint, DistinctCounter.union(counters));
  }
  return counts;
}
