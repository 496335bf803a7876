import type { DownReason } from "../contract/endpoint.ts";
import type { Moment } from "../kit/moment.ts";

/**
 * What one health check found. A decisive failure counts as `fall` of them; an authenticated
 * success includes a call that needs credentials.
 */
export type ProbeOutcome =
  | { ok: true; isAuthenticated?: boolean }
  | {
      ok: false;
      reason: DownReason;
      /** Of what it failed with, such as `ECONNREFUSED`. */
      code?: string | undefined;
      isDecisive?: boolean;
      /** How far our clock is ahead, if the credentials may have been rejected for that (ms). */
      clockSkewInMs?: number | undefined;
    };

/**
 * What is known of an endpoint. `contradictions` counts the answers in a row that speak against
 * the status: at `fall` or `rise` of them it changes. `flaps` counts the failures in a row that
 * each came soon after a recovery. `since` is in epoch milliseconds, the other times are monotonic.
 */
export type HealthState =
  | { status: "unknown"; since: number; contradictions: number; flaps: number }
  | {
      status: "healthy";
      since: number;
      contradictions: number;
      flaps: number;
      /** Undefined when it has never been down. */
      recoveredAt: number | undefined;
    }
  | {
      status: "unhealthy";
      since: number;
      contradictions: number;
      flaps: number;
      reason: DownReason;
      /** When the first of the successes in a row came; undefined without any. */
      succeedingSince: number | undefined;
    };

export interface Thresholds {
  /** Failures in a row that take a healthy (or unknown) endpoint down. */
  fall: number;
  /** Successes in a row that bring an unhealthy endpoint up. */
  rise: number;
}

/** An endpoint that fails again so soon after it recovered flaps. */
const FLAP_WINDOW_IN_MS = 60_000;
const FIRST_RECOVERY_PERIOD_IN_MS = 2000;
const maxRecoveryPeriodInMs = 60_000;

export function initialHealthState(now: Moment): HealthState {
  return { status: "unknown", since: now.at, contradictions: 0, flaps: 0 };
}

/** The state after one more outcome. Pure: the same object comes back when nothing changed. */
export function afterProbe(
  state: HealthState,
  outcome: ProbeOutcome,
  thresholds: Thresholds,
  now: Moment,
): HealthState {
  return outcome.ok
    ? afterSuccess(state, thresholds, now)
    : afterFailure(state, outcome, thresholds, now);
}

/** True while an answer has contradicted the status but not yet changed it, and at the start. */
export function isUndecided(state: HealthState): boolean {
  return state.status === "unknown" || state.contradictions > 0;
}

/** Its health checks succeed again, but it has flapped and must go on like this for a while. */
export function isInRecoveryPeriod(state: HealthState, { rise }: Thresholds): boolean {
  return state.status === "unhealthy" && state.contradictions >= rise;
}

/** How long an endpoint must answer well before it is used again, after so many flaps. */
export function recoveryPeriodInMs(flaps: number): number {
  return flaps === 0
    ? 0
    : Math.min(FIRST_RECOVERY_PERIOD_IN_MS * 2 ** (flaps - 1), maxRecoveryPeriodInMs);
}

function afterSuccess(state: HealthState, { rise }: Thresholds, now: Moment): HealthState {
  const { flaps } = state;
  if (state.status === "unknown") return healthy(now, flaps, undefined);
  if (state.status === "healthy") return withoutContradictions(state);
  const contradictions = state.contradictions + 1;
  const succeedingSince = state.succeedingSince ?? now.monotonic;
  const isPastRecoveryPeriod = now.monotonic - succeedingSince >= recoveryPeriodInMs(flaps);
  if (contradictions >= rise && isPastRecoveryPeriod) return healthy(now, flaps, now.monotonic);
  return { ...state, contradictions, succeedingSince: succeedingSince };
}

function afterFailure(
  state: HealthState,
  { reason, isDecisive = false }: Extract<ProbeOutcome, { ok: false }>,
  { fall }: Thresholds,
  now: Moment,
): HealthState {
  if (state.status === "unhealthy") {
    const isSame = reason === state.reason && state.succeedingSince === undefined;
    return isSame ? state : { ...state, reason, contradictions: 0, succeedingSince: undefined };
  }
  const contradictions = state.contradictions + 1;
  if (contradictions < fall && !isDecisive) return { ...state, contradictions };
  const flaps = hasFlapped(state, now) ? state.flaps + 1 : 0;
  return {
    status: "unhealthy",
    since: now.at,
    contradictions: 0,
    flaps,
    reason,
    succeedingSince: undefined,
  };
}

function hasFlapped(state: HealthState, now: Moment): boolean {
  if (state.status !== "healthy" || state.recoveredAt === undefined) return false;
  return now.monotonic - state.recoveredAt < FLAP_WINDOW_IN_MS;
}

const healthy = (now: Moment, flaps: number, recoveredAt: number | undefined): HealthState => ({
  status: "healthy",
  since: now.at,
  contradictions: 0,
  flaps,
  recoveredAt,
});

const withoutContradictions = (state: HealthState): HealthState =>
  state.contradictions === 0 ? state : { ...state, contradictions: 0 };
