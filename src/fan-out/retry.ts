import type { Failure } from "../service/failure.ts";

const maxAttempts = 3;
/** Before the second attempt and the third, when nothing says how long to wait; randomised by half. */
const PAUSES_IN_MS = [100, 300];
/** On top of what the service asks for, so that app servers do not come back all at once. */
const SPREAD_IN_MS = 100;

/**
 * How long to wait before an attempt is repeated; undefined when it must not be. Only what is known
 * not to have been accepted is repeated, or a message might be delivered twice.
 *
 * @param attempts How many there have been.
 * @param random From 0 (included) to 1 (excluded).
 */
export function pauseBeforeRetryInMs(
  { isRetryable, retryAfterInMs }: Failure,
  attempts: number,
  random: number,
): number | undefined {
  if (attempts >= maxAttempts || !isRetryable) return undefined;
  if (retryAfterInMs !== undefined) return retryAfterInMs + random * SPREAD_IN_MS;
  return (PAUSES_IN_MS[attempts - 1] ?? 0) * (0.5 + random / 2);
}
