import { backoffPauseInMs } from "../kit/backoff.ts";

const PAUSES = { firstInMs: 100, maxInMs: 10_000 };

/**
 * How long to wait before something is tried once more.
 *
 * @param failures How many there have been in a row, 1 or more.
 * @param random From 0 (included) to 1 (excluded).
 */
export const retryPauseInMs = (failures: number, random: number): number =>
  backoffPauseInMs(PAUSES, failures - 1, random);
