/** How a connection ended, and when it last was alive, in the time of `performance.now()`. */
export type ConnectionEnding =
  | { readonly cause: "closed"; readonly code: number; readonly aliveAt: number }
  | { readonly cause: "silent" | "left"; readonly aliveAt: number };

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
export const mayBeRecovered = (ending: ConnectionEnding): boolean =>
  ending.cause === "silent" || (ending.cause === "closed" && !FINAL_CODES.has(ending.code));

/**
 * Whether the end says something against the endpoint. A client that is closed with a reason, such
 * as a failback, is not: it comes back without a complaint.
 */
export const isEndpointSuspect = (ending: ConnectionEnding): boolean => {
  if (ending.cause !== "closed") return ending.cause === "silent";
  if (ending.code === PROTOCOL_ERROR) return true;
  return ending.code !== GOING_AWAY && !FINAL_CODES.has(ending.code);
};
