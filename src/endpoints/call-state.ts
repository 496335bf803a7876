import type { Moment } from "../kit/moment.ts";

/**
 * What the calls of an endpoint say of it, whatever its health checks say. Times are monotonic
 * milliseconds.
 */
export type CallState =
  | { readonly status: "closed"; readonly failures: number }
  /** Taken out; not before `until` is it looked at again. */
  | { readonly status: "ejected"; readonly ejections: number; readonly until: number }
  /** Back, but the next failure takes it out again at once. */
  | { readonly status: "half-open"; readonly ejections: number };

const FIRST_EJECTION_IN_MS = 10_000;
const maxEjectionInMs = 300_000;

export const initialCallState: CallState = { status: "closed", failures: 0 };

/** How long an endpoint stays out that has been ejected so often in a row. */
export function ejectionInMs(ejections: number): number {
  return Math.min(FIRST_EJECTION_IN_MS * 2 ** (ejections - 1), maxEjectionInMs);
}

/**
 * The state after one more call. Only a call that succeeds makes good for those that failed. What
 * was under way when the endpoint was ejected comes too late to count.
 */
export function afterCall(
  state: CallState,
  hasSucceeded: boolean,
  fall: number,
  now: Moment,
): CallState {
  if (state.status === "ejected") return state;
  if (hasSucceeded) return hasNoFailures(state) ? state : initialCallState;
  if (state.status === "half-open") return ejected(state.ejections + 1, now);
  const failures = state.failures + 1;
  return failures < fall ? { status: "closed", failures } : ejected(1, now);
}

/** The state after the check at the end of an ejection. */
export function afterEjectionCheck(state: CallState, hasPassed: boolean, now: Moment): CallState {
  if (state.status !== "ejected") return state;
  const { ejections } = state;
  return hasPassed ? { status: "half-open", ejections } : ejected(ejections + 1, now);
}

/**
 * The state when the health checks have found the endpoint down, and then well again including a
 * call that needs credentials: that explains the failures, and is as good as a check.
 */
export function afterRecovery(state: CallState): CallState {
  if (state.status !== "ejected") return state;
  return { status: "half-open", ejections: state.ejections };
}

const hasNoFailures = (state: CallState): boolean =>
  state.status === "closed" && state.failures === 0;

const ejected = (ejections: number, now: Moment): CallState => ({
  status: "ejected",
  ejections,
  until: now.monotonic + ejectionInMs(ejections),
});
