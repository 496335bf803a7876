/** How pauses between attempts grow. */
export interface Backoff {
  readonly firstInMs: number;
  readonly maxInMs: number;
}

/**
 * A pause that doubles from one failure in a row to the next, randomised by half, so that servers that
 * fail together do not come together.
 *
 * @param doublings How many failures there have been before the last one.
 * @param random From 0 (included) to 1 (excluded).
 */
export function backoffPauseInMs(
  { firstInMs, maxInMs }: Backoff,
  doublings: number,
  random: number,
): number {
  return Math.min(firstInMs * 2 ** doublings, maxInMs) * (0.5 + 0.5 * random);
}
