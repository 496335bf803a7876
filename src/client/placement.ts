import type { Ending } from "./connection.ts";
import type { Place } from "./negotiate.ts";

/** The service does not know the connection, or does not want the client. */
export const POLICY_VIOLATION = 1008;

const GOING_AWAY = 1001;
/** Somebody did not speak the protocol; whatever it was would be said again. */
export const PROTOCOL_ERROR = 1002;
// Those after which the service has forgotten the connection: it, or the client, meant it to end.
const FINAL_CODES: ReadonlySet<number> = new Set([
  1000,
  PROTOCOL_ERROR,
  1003,
  1007,
  POLICY_VIOLATION,
  1009,
]);

/** Whether the service may still know the connection. */
export const mayBeRecovered = (ending: Ending): boolean =>
  ending.cause === "silent" || (ending.cause === "closed" && !FINAL_CODES.has(ending.code));

/**
 * Whether the end says something against the endpoint. A client that is closed with a reason, such
 * as a failback, is not: it comes back without a complaint.
 */
export const isEndpointSuspect = (ending: Ending): boolean => {
  if (ending.cause !== "closed") return ending.cause === "silent";
  if (ending.code === PROTOCOL_ERROR) return true;
  return ending.code !== GOING_AWAY && !FINAL_CODES.has(ending.code);
};

/** Where a client is, or is told to be. */
export type Whereabouts = Omit<Place, "url">;

/**
 * Whether the servers have moved all clients since, if only away and back. An older answer is one of
 * a server that lags behind, and is followed as any other: to refuse it, the client would have to
 * stay away until that server has caught up, and the servers' sweep brings it back from there.
 */
export const isAgreedAnew = (from: Whereabouts, to: Whereabouts): boolean =>
  from.epoch !== undefined && to.epoch !== undefined && to.epoch > from.epoch;

/** Whether the client cannot stay as it is. */
export const isMove = (from: Whereabouts, to: Whereabouts): boolean =>
  to.endpoint !== from.endpoint || isAgreedAnew(from, to);
