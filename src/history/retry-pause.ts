const FIRST_PAUSE_IN_MS = 100;
const maxPauseInMs = 10_000;

/**
 * How long to wait before something is tried once more: twice as long each time, randomised by half.
 *
 * @param failures How many there have been in a row, 1 or more.
 * @param random From 0 (included) to 1 (excluded).
 */
export function retryPauseInMs(failures: number, random: number): number {
  const pauseInMs = Math.min(maxPauseInMs, FIRST_PAUSE_IN_MS * 2 ** Math.min(failures - 1, 20));
  return pauseInMs * (0.5 + random / 2);
}
