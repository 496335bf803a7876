import type { Moment } from "../kit/moment.ts";

/**
 * What the calls of an endpoint say of it, whatever its health checks say. Calls of the application
 * raise a suspicion; a canary, whose content is ours, decides. Times are monotonic milliseconds.
 */
export type CallState =
  | {
      readonly status: "closed";
      /** Calls in a row that have failed, and canaries in a row. */
      readonly failures: number;
      readonly failedCanaries: number;
      /** The last calls as bits, the newest lowest; a 1 has failed. Older ones than the last success of a canary are 0. */
      readonly recent: number;
    }
  /** Taken out; not before `until` is it looked at again. */
  | { readonly status: "ejected"; readonly ejections: number; readonly until: number }
  /** Back, but the next failure that a canary confirms takes it out again at once. */
  | { readonly status: "half-open"; readonly ejections: number; readonly hasFailed: boolean };

const FIRST_EJECTION_IN_MS = 10_000;
const maxEjectionInMs = 300_000;
/** An endpoint that fails half of its calls may never fail many in a row. */
const REMEMBERED_CALLS = 20;
const SUSPICIOUS_SHARE = 0.5;

export const initialCallState: Extract<CallState, { status: "closed" }> = {
  status: "closed",
  failures: 0,
  failedCanaries: 0,
  recent: 0,
};

/** How long an endpoint stays out that has been ejected so often in a row. */
export function ejectionInMs(ejections: number): number {
  return Math.min(FIRST_EJECTION_IN_MS * 2 ** (ejections - 1), maxEjectionInMs);
}

/**
 * The state after one more call. Only a call that succeeds makes good for those that failed in a
 * row. What was under way when the endpoint was ejected comes too late to count.
 *
 * @param fall Failures in a row that are enough.
 */
export function afterCall(
  state: CallState,
  hasSucceeded: boolean,
  fall: number,
  now: Moment,
): CallState {
  if (state.status === "ejected") return state;
  if (state.status === "half-open") {
    if (hasSucceeded) return initialCallState;
    return state.hasFailed ? state : { ...state, hasFailed: true };
  }
  const { failures, failedCanaries } = state;
  if (hasSucceeded) {
    const isUneventful = state.recent === 0 && failures === 0 && failedCanaries === 0;
    return isUneventful ? state : { ...initialCallState, recent: remember(state.recent, 0) };
  }
  const next: CallState = {
    ...state,
    failures: failures + 1,
    recent: remember(state.recent, 1),
  };
  // The canary after the first of these failures has said the same already.
  return failedCanaries > 0 && isSuspect(next, fall) ? ejected(1, now) : next;
}

/**
 * The state after a canary. One that fails takes the endpoint out if its calls say the same, or if
 * as many canaries in a row have failed as calls would have to; one that passes means that it was
 * the calls, and the count starts anew.
 *
 * @param fall Failures in a row that are enough.
 */
export function afterCanary(
  state: CallState,
  hasPassed: boolean,
  fall: number,
  now: Moment,
): CallState {
  switch (state.status) {
    case "ejected":
      return state;
    case "half-open":
      if (!hasPassed) return ejected(state.ejections + 1, now);
      return state.hasFailed ? { ...state, hasFailed: false } : state;
    case "closed": {
      if (hasPassed) return initialCallState;
      const failedCanaries = state.failedCanaries + 1;
      const isOut = isSuspect(state, fall) || failedCanaries >= fall;
      return isOut ? ejected(1, now) : { ...state, failedCanaries };
    }
  }
}

/**
 * Whether its calls give reason to take it out: `fall` in a row have failed, or half of the last
 * ones. A canary has to confirm it.
 */
export function isSuspect(state: CallState, fall: number): boolean {
  if (state.status === "ejected") return false;
  if (state.status === "half-open") return state.hasFailed;
  return state.failures >= fall || hasFailedByHalf(state.recent);
}

/** Whether a canary has failed and the next has to say if that was all. */
export function isUnsettled(state: CallState): boolean {
  return state.status === "closed" && state.failedCanaries > 0;
}

/** The state after the canary at the end of an ejection. */
export function afterEjection(state: CallState, hasPassed: boolean, now: Moment): CallState {
  if (state.status !== "ejected") return state;
  const { ejections } = state;
  return hasPassed ? halfOpen(ejections) : ejected(ejections + 1, now);
}

/**
 * The state when the health checks have found the endpoint down, and then well again including a
 * canary: that explains the failures, and ends the ejection.
 */
export function afterRecovery(state: CallState): CallState {
  return state.status === "ejected" ? halfOpen(state.ejections) : state;
}

const remember = (recent: number, call: 0 | 1): number =>
  ((recent << 1) | call) & (2 ** REMEMBERED_CALLS - 1);

function hasFailedByHalf(recent: number): boolean {
  let failures = 0;
  for (let calls = recent; calls > 0; calls >>= 1) failures += calls & 1;
  return failures >= REMEMBERED_CALLS * SUSPICIOUS_SHARE;
}

const halfOpen = (ejections: number): CallState => ({
  status: "half-open",
  ejections,
  hasFailed: false,
});

const ejected = (ejections: number, now: Moment): CallState => ({
  status: "ejected",
  ejections,
  until: now.monotonic + ejectionInMs(ejections),
});
