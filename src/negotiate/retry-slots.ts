/** Nobody is told to wait longer than this. */
const maxRetryAfterInSeconds = 1800;

/** When the next client that is turned away should ask again. */
export interface RetrySlot {
  readonly retryAfterInSeconds: number;
  /** The last slot that is taken, monotonic milliseconds; for the next call. */
  readonly lastSlot: number;
}

/**
 * Hands out the times to ask again, one after the other at the pace at which clients are admitted:
 * a herd comes back evenly, and not at once. All that is kept is the last time given. When the queue
 * is longer than anybody should be told to wait, the rest is spread over the latter half of the
 * longest wait, and those for whom there is no room then are told again.
 *
 * @param lastSlot The last slot that is taken, monotonic milliseconds.
 * @param random From 0 (included) to 1 (excluded).
 */
export function nextRetrySlot(
  lastSlot: number,
  perSecond: number,
  now: number,
  random: number,
): RetrySlot {
  const slot = Math.max(lastSlot, now) + 1000 / perSecond;
  // Sums of fractions come out a hair too high, and that must not cost a whole second.
  const retryAfterInSeconds = Math.ceil((slot - now) / 1000 - 1e-9);
  if (retryAfterInSeconds <= maxRetryAfterInSeconds) return { retryAfterInSeconds, lastSlot: slot };
  return { retryAfterInSeconds: Math.ceil((maxRetryAfterInSeconds / 2) * (1 + random)), lastSlot };
}

/** Where nobody can say when there is an endpoint again. */
const UNKNOWN_WAIT_IN_SECONDS = { least: 1, spread: 5 };

/**
 * In how many seconds a client should ask again while there is no endpoint for anybody: all ask, and
 * all go on asking, so they do it as slowly as they would all be answered.
 *
 * @param spreadInMs Over how long they spread their negotiates; undefined while nothing is known.
 * @param random From 0 (included) to 1 (excluded).
 */
export function retryAfterWithoutEndpoint(spreadInMs = 0, random: number): number {
  const { least, spread } = UNKNOWN_WAIT_IN_SECONDS;
  const spreadInSeconds = Math.max(spread, spreadInMs / 1000);
  return Math.min(maxRetryAfterInSeconds, least + Math.floor(random * spreadInSeconds));
}
