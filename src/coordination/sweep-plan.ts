/** What is known of the clients on an endpoint where nobody should be. Monotonic milliseconds. */
export interface SweepState {
  /** Number of the agreement that left the endpoint. */
  readonly epoch: number;
  /** When somebody was found there last, or when the sweep of it began. */
  readonly occupiedAt: number;
  readonly nextAt: number;
  /** Looks in a row that have found somebody. */
  readonly findsInARow: number;
  /** Whether all were closed once, whoever was found. */
  readonly isSwept: boolean;
}

export interface SweepPace {
  readonly pollIntervalInMs: number;
  readonly leaseInMs: number;
}

export function newSweep(epoch: number, now: number): SweepState {
  return { epoch, occupiedAt: now, nextAt: now, findsInARow: 0, isSwept: false };
}

export function afterSweep(
  before: SweepState,
  isOccupied: boolean,
  now: number,
  { leaseInMs, pollIntervalInMs }: SweepPace,
): SweepState {
  const findsInARow = isOccupied ? before.findsInARow + 1 : 0;
  const occupiedAt = isOccupied ? now : before.occupiedAt;
  const isQuiet = now - occupiedAt > leaseInMs;
  // A server without the store goes on sending clients there; each second would hurt only them.
  const pauseInMs = isQuiet ? leaseInMs : pollIntervalInMs * Math.max(1, findsInARow - 2);
  const nextAt = now + Math.min(pauseInMs, leaseInMs);
  return { ...before, occupiedAt, nextAt, findsInARow, isSwept: true };
}

export function afterFailedSweep(
  before: SweepState,
  now: number,
  { pollIntervalInMs }: SweepPace,
): SweepState {
  return { ...before, nextAt: now + pollIntervalInMs };
}
