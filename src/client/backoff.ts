export interface BackoffSettings {
  readonly retryDelayInMs: number;
  readonly maxRetryDelayInMs: number;
}

/**
 * How long to pause before the next attempt: anything up to a ceiling that doubles with each failure
 * in a row, so that clients that fail together do not come back together.
 *
 * @param failures In a row; without any there is no pause.
 * @param random From 0 (included) to 1 (excluded).
 */
export function backoffInMs(
  { retryDelayInMs, maxRetryDelayInMs }: BackoffSettings,
  failures: number,
  random: number,
): number {
  if (failures < 1) return 0;
  // Beyond 2^30 the ceiling is the last one whatever the settings are.
  const doubled = retryDelayInMs * 2 ** Math.min(failures - 1, 30);
  return random * Math.min(maxRetryDelayInMs, doubled);
}

// Nobody is of use to a client that asks for more than that.
const MAX_RETRY_AFTER_IN_MS = 1_800_000;

/** How long a server is to be left alone, as its error says; 0 where it does not. */
export function retryAfterOf(error: object): number {
  const { retryAfterInMs } = error as { retryAfterInMs?: unknown };
  // The application may have made the error, and anything may be in it.
  const isLater = typeof retryAfterInMs === "number" && retryAfterInMs > 0;
  return isLater ? Math.min(MAX_RETRY_AFTER_IN_MS, retryAfterInMs) : 0;
}
