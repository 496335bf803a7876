import type { DisconnectedCode } from "./client-events.ts";

/** How a connection ended. */
export type ConnectionEnding =
  | { readonly cause: "closed"; readonly code: number }
  | {
      readonly cause: "silent";
      /** The endpoint answered elsewhere meanwhile. */
      readonly isEndpointAnswering?: boolean;
    }
  | { readonly cause: "left" };

/** The service does not know the connection, or does not want the client. */
export const POLICY_VIOLATION = 1008;

const GOING_AWAY = 1001;
/** Somebody did not speak the protocol; whatever it was would be said again. */
export const PROTOCOL_ERROR = 1002;
// Those after which the service has forgotten the connection: it, or the client, meant it to end.
const FINAL_CODES: ReadonlySet<number> = new Set([1000, 1003, 1007, POLICY_VIOLATION, 1009]);

/** What the application is told about the end, when nothing of the connection could be saved. */
export function disconnectedCodeOf(ending: ConnectionEnding): DisconnectedCode {
  if (ending.cause !== "closed") return ending.cause === "silent" ? "keep-alive-timeout" : "moved";
  if (ending.code === PROTOCOL_ERROR) return "protocol-error";
  return FINAL_CODES.has(ending.code) ? "closed-by-service" : "connection-lost";
}

/** Whether the service may still know the connection. */
export function mayBeRecovered(ending: ConnectionEnding): boolean {
  const code = disconnectedCodeOf(ending);
  return code === "connection-lost" || code === "keep-alive-timeout";
}

/**
 * Whether the end says something against the endpoint. A client that is closed with a reason, such
 * as a failback, is not: it comes back without a complaint.
 */
export function isEndpointSuspect(ending: ConnectionEnding): boolean {
  if (ending.cause === "silent") return !ending.isEndpointAnswering;
  if (ending.cause === "left") return false;
  return ending.code === PROTOCOL_ERROR || (ending.code !== GOING_AWAY && mayBeRecovered(ending));
}
