/** Nobody is told to wait for longer than this, however many there are. */
const maxRetryAfterInSeconds = 1800;
/** As long may be told where nobody knows how many clients there are. */
const UNKNOWN_HERD_IN_SECONDS = 120;
/** How much longer than its spread a herd may take: half of the servers may have died as well. */
const HERD_IN_SPREADS = 3;

/** When the next client that is turned away should ask again. */
export interface RetrySlot {
  readonly retryAfterInSeconds: number;
  /** The last slot that is taken, monotonic milliseconds; for the next call. */
  readonly lastSlot: number;
}

/** What a slot is chosen by. */
export interface Queue {
  /** The last slot that is taken, monotonic milliseconds. */
  readonly lastSlot: number;
  readonly perSecond: number;
  readonly now: number;
  readonly longestInSeconds: number;
  /** From 0 (included) to 1 (excluded). */
  readonly random: number;
}

/**
 * Hands out the times to ask again, one after the other at the pace at which clients are admitted:
 * a herd comes back evenly, and not at once. All that is kept is the last time given. When the queue
 * is longer than anybody should be told to wait, the rest is spread over the latter half of the
 * longest wait, and those for whom there is no room then are told again.
 */
export function nextRetrySlot(queue: Queue): RetrySlot {
  const { lastSlot, perSecond, now, longestInSeconds, random } = queue;
  const slot = Math.max(lastSlot, now) + 1000 / perSecond;
  // Sums of fractions come out a hair too high, and that must not cost a whole second.
  const retryAfterInSeconds = Math.ceil((slot - now) / 1000 - 1e-9);
  if (retryAfterInSeconds <= longestInSeconds) return { retryAfterInSeconds, lastSlot: slot };
  return { retryAfterInSeconds: Math.ceil((longestInSeconds / 2) * (1 + random)), lastSlot };
}

/**
 * The longest that a client may be told to wait: as long as the clients that there are can take, so
 * that nobody who asks under many names makes the others wait for longer.
 *
 * @param spreadInMs Over how long they spread their negotiates; undefined while nothing is known.
 */
export function longestWaitInSeconds(spreadInMs = 0): number {
  const herdInSeconds = Math.ceil((HERD_IN_SPREADS * spreadInMs) / 1000);
  return Math.min(maxRetryAfterInSeconds, Math.max(UNKNOWN_HERD_IN_SECONDS, herdInSeconds));
}

/** Where nobody can say when there is an endpoint again. */
const UNKNOWN_WAIT_IN_SECONDS = { least: 1, spread: 5 };

/**
 * In how many seconds a client should ask again while there is no endpoint for anybody: all ask, and
 * all go on asking.
 *
 * @param spreadInMs Over how long they have to spread that; undefined while nothing is known.
 * @param random From 0 (included) to 1 (excluded).
 */
export function retryAfterWithoutEndpoint(spreadInMs = 0, random: number): number {
  const { least, spread } = UNKNOWN_WAIT_IN_SECONDS;
  const spreadInSeconds = Math.max(spread, spreadInMs / 1000);
  return Math.min(maxRetryAfterInSeconds, least + Math.floor(random * spreadInSeconds));
}
