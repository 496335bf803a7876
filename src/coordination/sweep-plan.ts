import type { Agreement } from "../contract/coordination.ts";
import { isSameAgreement } from "./decision.ts";

/** What is known of the clients on an endpoint where nobody should be. Monotonic milliseconds. */
export interface SweepState {
  /** The agreement that left the endpoint. */
  readonly agreement: Agreement;
  readonly startedAt: number;
  /** When somebody was found there last, or when the sweep of it began. */
  readonly occupiedAt: number;
  readonly nextAt: number;
  /** When a server that does not lead begins: the leader should have done all by then. */
  readonly followersFrom: number;
  /** Looks in a row that have found somebody. */
  readonly findsInARow: number;
  /** Whether all were closed once, whoever was found. */
  readonly isSwept: boolean;
  /** Whether it was told that clients may be there who cannot be closed. */
  readonly isTold: boolean;
}

export interface SweepPace {
  readonly pollIntervalInMs: number;
  readonly leaseInMs: number;
}

/** @param share From 0 to 1: servers that do not lead should not all begin in the same moment. */
export function newSweep(
  agreement: Agreement,
  now: number,
  { leaseInMs }: SweepPace,
  share: number,
): SweepState {
  return {
    agreement,
    startedAt: now,
    occupiedAt: now,
    nextAt: now,
    followersFrom: now + leaseInMs * (1 + share),
    findsInARow: 0,
    isSwept: false,
    isTold: false,
  };
}

export function isOf(state: SweepState, agreement: Agreement): boolean {
  return isSameAgreement(state.agreement, agreement);
}

export function isDue(
  { nextAt, followersFrom }: SweepState,
  isLeader: boolean,
  now: number,
): boolean {
  return now >= nextAt && (isLeader || now >= followersFrom);
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
  return { ...before, occupiedAt, nextAt, findsInARow, isSwept: true, isTold: false };
}

export function afterFailedSweep(
  before: SweepState,
  now: number,
  { pollIntervalInMs }: SweepPace,
): SweepState {
  return { ...before, nextAt: now + pollIntervalInMs };
}
