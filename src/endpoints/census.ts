import { DistinctCounter } from "../kit/distinct-counter.ts";
import type { RegisteredEndpoint } from "./registered-endpoint.ts";

/** Pages that nobody looks at ask for a review so many times less often at most. */
const SEEN_INTERVALS = 4;

/** Whoever is sent to an endpoint asks within an interval, so in this one or in the next. */
const AWAITED_INTERVALS = 1;

/** As long as anybody is told to wait: those who wait are counted nowhere, and are about to come back. */
const REMEMBERED_FOR_IN_MS = 1_800_000;

type Counters = Map<RegisteredEndpoint, DistinctCounter>;

interface Interval {
  /** Who has asked for a review. */
  readonly asked: Counters;
  /** Who was sent there, of endpoints that may be full. */
  readonly sent: Counters;
}

/** Told when an endpoint has as many clients as it may. */
type FullListener = (endpoint: RegisteredEndpoint, clients: number) => void;

/**
 * How many clients are on each endpoint, as far as this server is asked for reviews: every connected
 * client asks once in an interval, a hidden page once in four. So whoever has asked in the last four
 * whole intervals is counted, once. Of several servers each is asked by its share, and their counts
 * add up. A client that has moved or gone is counted for those intervals still.
 *
 * Whether an endpoint is full is told at once: those who have asked since then count as well, and those
 * who were sent there and have still to ask.
 */
export class Census {
  readonly #intervalInMs: number;
  readonly #now: () => number;
  readonly #startedAt: number;
  /** The one that is under way last; the others are whole. */
  #intervals: Interval[] = [newInterval()];
  #finished = 0;
  /** The clients of the endpoint that had most, of this span of intervals and of the one before it. */
  #fullest:
    | { readonly now: number; readonly before: number; readonly intervals: number }
    | undefined;
  #counts: ReadonlyMap<RegisteredEndpoint, number> = new Map();
  /** At this moment, of endpoints that may be full. */
  #present: Counters = new Map();
  readonly #onFull: FullListener;
  /** Of the interval that is under way, and of the one before it. */
  #arrivals = { now: 0, before: 0 };

  /**
   * @param intervalInMs How often a client asks.
   * @param now Monotonic milliseconds. Default: those of this process.
   * @param onFull Called once an interval at most for each endpoint.
   */
  constructor(
    intervalInMs: number,
    now: () => number = () => performance.now(),
    onFull: FullListener = () => {},
  ) {
    this.#intervalInMs = intervalInMs;
    this.#now = now;
    this.#onFull = onFull;
    this.#startedAt = now();
  }

  /** @param client At least 17 random bits, the same whenever this client asks. */
  count(endpoint: RegisteredEndpoint, client: number): void {
    this.#finishIntervals();
    counterOf(this.#current.asked, endpoint).add(client);
    this.#addPresent(endpoint, client);
  }

  /**
   * A client is sent to an endpoint, where it will ask for a review.
   *
   * @param client As it will ask.
   */
  expect(endpoint: RegisteredEndpoint, client: number): void {
    if (endpoint.maxClients === undefined) return;
    this.#finishIntervals();
    counterOf(this.#current.sent, endpoint).add(client);
    this.#addPresent(endpoint, client);
  }

  /** Whether there is no room for another client, as far as this server is to fill it. */
  isFull(endpoint: RegisteredEndpoint): boolean {
    const { maxClients } = endpoint;
    if (maxClients === undefined) return false;
    this.#finishIntervals();
    return (this.#present.get(endpoint)?.count ?? 0) >= maxClients;
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
   * The clients of the endpoint that has, or of late had, most; undefined while nobody was ever known. Those
   * who do not ask any more may all have lost their connections, and wait for their turn to come back.
   */
  get fullest(): number | undefined {
    this.#finishIntervals();
    return this.#fullest && Math.max(this.#fullest.now, this.#fullest.before);
  }

  get #current(): Interval {
    return this.#intervals.at(-1) as Interval;
  }

  #addPresent(endpoint: RegisteredEndpoint, client: number): void {
    const { maxClients } = endpoint;
    if (maxClients === undefined) return;
    const counter = counterOf(this.#present, endpoint);
    const before = counter.count;
    counter.add(client);
    const { count } = counter;
    if (before < maxClients && count >= maxClients) this.#onFull(endpoint, count);
  }

  #finishIntervals(): void {
    const finished = Math.floor((this.#now() - this.#startedAt) / this.#intervalInMs);
    if (finished === this.#finished) return;
    const begun = Math.min(finished - this.#finished, SEEN_INTERVALS + 1);
    this.#finished = finished;
    this.#arrivals = { now: 0, before: begun === 1 ? this.#arrivals.now : 0 };
    for (let index = 0; index < begun; index += 1) {
      this.#intervals = [...this.#intervals.slice(-SEEN_INTERVALS), newInterval()];
      const whole = this.#intervals.slice(0, -1);
      this.#counts = countsOf(whole);
      this.#present = presentOf(whole);
      if (this.#counts.size > 0) this.#remember(Math.max(...this.#counts.values()));
    }
  }

  /** Time in which nobody asks does not count: then nobody has come back yet. */
  #remember(most: number): void {
    const { now, before, intervals } = this.#fullest ?? { now: 0, before: 0, intervals: 0 };
    const isOver = intervals * this.#intervalInMs >= REMEMBERED_FOR_IN_MS;
    this.#fullest = isOver
      ? { now: most, before: now, intervals: 1 }
      : { now: Math.max(now, most), before, intervals: intervals + 1 };
  }
}

const newInterval = (): Interval => ({ asked: new Map(), sent: new Map() });

function counterOf(counters: Counters, endpoint: RegisteredEndpoint): DistinctCounter {
  const known = counters.get(endpoint);
  if (known) return known;
  const counter = new DistinctCounter();
  counters.set(endpoint, counter);
  return counter;
}

function countsOf(intervals: readonly Interval[]): ReadonlyMap<RegisteredEndpoint, number> {
  const counters = intervals.map(({ asked }) => asked);
  const merged = mergedOf(counters, () => true);
  return new Map([...merged].map(([endpoint, { count }]) => [endpoint, count]));
}

/** Whoever was sent longer ago has asked by now, or has not come. */
function presentOf(intervals: readonly Interval[]): Counters {
  const awaited = intervals.slice(-AWAITED_INTERVALS).map(({ sent }) => sent);
  const counters = [...intervals.map(({ asked }) => asked), ...awaited];
  return mergedOf(counters, ({ maxClients }) => maxClients !== undefined);
}

function mergedOf(
  all: readonly Counters[],
  isWanted: (endpoint: RegisteredEndpoint) => boolean,
): Counters {
  const endpoints = new Set(all.flatMap((counters) => [...counters.keys()]).filter(isWanted));
  const merged: Counters = new Map();
  for (const endpoint of endpoints) {
    const counters = all.flatMap((one) => one.get(endpoint) ?? []);
    merged.set(endpoint, DistinctCounter.merged(counters));
  }
  return merged;
}
