import { closeReasonOf, FAILBACK_REASON_PREFIX, MOVE_REASON_PREFIX } from "../kit/close-reasons.ts";
import type { DisconnectedCode } from "./client-events.ts";
import { ConnectError } from "./errors.ts";

/** How a connection ended, or an attempt to have one. */
export type ConnectionEnding = (
  | {
      readonly cause: "closed";
      readonly code: number;
      /** The app servers close those who are to move one after the other. */
      readonly isPaced?: boolean;
    }
  | {
      readonly cause: "silent";
      /** The endpoint answered elsewhere meanwhile. */
      readonly isEndpointAnswering?: boolean;
    }
  /**
   * `forbidden`: the page's own policy did not let it out. `invalid`: it has a URL that the platform's
   * WebSocket does not take.
   */
  | { readonly cause: "left" | "forbidden" | "invalid" }
) & {
  /** What the platform said of it, without URL and token; empty if nothing. */
  readonly reason?: string;
  /** The browser had no network then. */
  readonly wasOffline?: boolean;
};

/** The service does not know the connection, or does not want the client. */
export const POLICY_VIOLATION = 1008;

const GOING_AWAY = 1001;
/** Somebody did not speak the protocol; whatever it was would be said again. */
export const PROTOCOL_ERROR = 1002;
// Those after which the service has forgotten the connection: it, or the client, meant it to end.
const FINAL_CODES: ReadonlySet<number> = new Set([1000, 1003, 1007, POLICY_VIOLATION, 1009]);

/**
 * Whether a connection was closed at a pace, by what the service says of its end: then nobody else comes at the
 * same time. Where servers have agreed on another endpoint, all who stayed behind are closed at once.
 */
export function isPacedClose(
  message: { readonly message?: string | undefined } | undefined,
  epoch: number | undefined,
): boolean {
  const reason = message && closeReasonOf({ message });
  if (reason?.startsWith(FAILBACK_REASON_PREFIX)) return true;
  return epoch === undefined && reason?.startsWith(MOVE_REASON_PREFIX) === true;
}

const CODES = {
  silent: "keep-alive-timeout",
  left: "moved",
  forbidden: "connection-lost",
  invalid: "connection-lost",
} as const satisfies Record<string, DisconnectedCode>;

/** What the application is told about the end, when nothing of the connection could be saved. */
export function disconnectedCodeOf(ending: ConnectionEnding): DisconnectedCode {
  if (ending.cause !== "closed") return CODES[ending.cause];
  if (ending.code === PROTOCOL_ERROR) return "protocol-error";
  return FINAL_CODES.has(ending.code) ? "closed-by-service" : "connection-lost";
}

/** Whether the service may still know the connection. */
export function mayBeRecovered(ending: ConnectionEnding): boolean {
  const code = disconnectedCodeOf(ending);
  return code === "connection-lost" || code === "keep-alive-timeout";
}

/**
 * Whether the end of a connection says something against the endpoint. A client that is closed with
 * a reason, such as a failback, is not: it comes back without a complaint.
 */
export function isEndpointSuspect(ending: ConnectionEnding): boolean {
  if (ending.cause !== "closed") return isAttemptSuspect(ending);
  const isOrderly = ending.code === GOING_AWAY || !mayBeRecovered(ending);
  return isAttemptSuspect(ending) && (ending.code === PROTOCOL_ERROR || !isOrderly);
}

/** The same of an attempt to connect: whoever closes it, for whatever reason, lets nobody in. */
export function isAttemptSuspect(ending: ConnectionEnding): boolean {
  if (ending.wasOffline) return false;
  if (ending.cause === "silent") return !ending.isEndpointAnswering;
  return ending.cause === "closed" || ending.cause === "invalid";
}

/** What came of an attempt that ended so. */
export function connectError(endpoint: string, ending: ConnectionEnding): ConnectError {
  const closeCode = ending.cause === "closed" ? ending.code : undefined;
  const how = {
    closed: `was closed with code ${closeCode} before the service's greeting`,
    silent: "was not answered in time",
    left: "was given up",
    forbidden: "was forbidden by the page (Content Security Policy, connect-src)",
    // Without the URL, and with it the token.
    invalid: "has a URL that the platform's WebSocket does not take",
  }[ending.cause];
  const why = ending.reason ? `: ${ending.reason}` : "";
  return new ConnectError(endpoint, how + why, closeCode, isAttemptSuspect(ending));
}
