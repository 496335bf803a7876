import type { DownReason } from "./down-reason.ts";

/** What one health check found. */
export type ProbeOutcome = { ok: true } | { ok: false; reason: DownReason };

/**
 * What is known of an endpoint. `contradictions` counts the answers in a row that speak against
 * the status: at `fall` or `rise` of them it changes. Times are epoch milliseconds.
 */
export type HealthState =
  | { status: "unknown"; since: number; contradictions: number }
  | { status: "healthy"; since: number; contradictions: number }
  | { status: "unhealthy"; since: number; contradictions: number; reason: DownReason };

export interface Thresholds {
  /** Failures in a row that take a healthy (or unknown) endpoint down. */
  fall: number;
  /** Successes in a row that bring an unhealthy endpoint up. */
  rise: number;
}

export function initialHealthState(now: number): HealthState {
  return { status: "unknown", since: now, contradictions: 0 };
}

/** The state after one more outcome. Pure: the same object comes back when nothing changed. */
export function afterProbe(
  state: HealthState,
  outcome: ProbeOutcome,
  { fall, rise }: Thresholds,
  now: number,
): HealthState {
  const contradicts = state.status === "unhealthy" ? outcome.ok : !outcome.ok;
  if (!contradicts) return confirmed(state, outcome, now);
  const contradictions = state.contradictions + 1;
  if (contradictions < (outcome.ok ? rise : fall)) return { ...state, contradictions };
  return outcome.ok
    ? { status: "healthy", since: now, contradictions: 0 }
    : { status: "unhealthy", since: now, contradictions: 0, reason: outcome.reason };
}

/** True while an answer has contradicted the status but not yet changed it, and at the start. */
export function isUndecided(state: HealthState): boolean {
  return state.status === "unknown" || state.contradictions > 0;
}

function confirmed(state: HealthState, outcome: ProbeOutcome, now: number): HealthState {
  if (state.status === "unknown") return { status: "healthy", since: now, contradictions: 0 };
  if (state.status === "unhealthy" && !outcome.ok && outcome.reason !== state.reason) {
    return { ...state, contradictions: 0, reason: outcome.reason };
  }
  return state.contradictions === 0 ? state : { ...state, contradictions: 0 };
}
