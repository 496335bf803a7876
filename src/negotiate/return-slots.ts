/** Nobody is told to wait longer than this. */
const longestInSeconds = 120;

/** When the next client that is turned away should come back. */
export interface ReturnSlot {
  readonly inSeconds: number;
  /** The last slot that is taken, monotonic milliseconds; for the next call. */
  readonly lastSlot: number;
}

/**
 * Hands out the times to come back, one after the other at the pace at which clients are admitted:
 * a herd comes back evenly, and not at once. All that is kept is the last time given. When the queue
 * is longer than anybody should be told to wait, the rest is spread over the latter half of the
 * longest wait, and those for whom there is no room then are told again.
 *
 * @param lastSlot The last slot that is taken, monotonic milliseconds.
 * @param random From 0 (included) to 1 (excluded).
 */
export function nextReturnSlot(
  lastSlot: number,
  perSecond: number,
  now: number,
  random: number,
): ReturnSlot {
  const slot = Math.max(lastSlot, now) + 1000 / perSecond;
  // Sums of fractions come out a hair too high, and that must not cost a whole second.
  const inSeconds = Math.ceil((slot - now) / 1000 - 1e-9);
  if (inSeconds <= longestInSeconds) return { inSeconds, lastSlot: slot };
  return { inSeconds: Math.ceil((longestInSeconds / 2) * (1 + random)), lastSlot };
}
