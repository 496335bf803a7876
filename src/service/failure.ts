import { isRestError } from "@azure/core-rest-pipeline";
import type { DownReason } from "../contract/endpoint.ts";
import { parseRetryAfter } from "../kit/retry-after.ts";

/** What anything that was thrown by a call, or answered to it, means; decided here and nowhere else. */
export interface Failure {
  /**
   * - `answer`: the service answered, with `status`.
   * - `credential`: no token could be had; `status` is what the identity provider answered, if it did.
   * - `network`: the connection was not made, or was lost.
   * - `deadline`: there was no answer in time.
   * - `own-stall`: the same, but this process was blocked when the time was up.
   * - `own-exhaustion`: this process is out of sockets, ports, memory or file descriptors.
   * - `other`: the caller's mistake, or its abort, or an error that nobody knows.
   */
  readonly kind:
    | "answer"
    | "credential"
    | "network"
    | "deadline"
    | "own-stall"
    | "own-exhaustion"
    | "other";
  /** HTTP status, if there was an answer. */
  readonly status: number | undefined;
  /**
   * What it says of the endpoint: that it is `failing`, that it has `rejected` our credentials, which
   * no health check can see, or nothing.
   */
  readonly evidence: "failing" | "rejected" | "none";
  /** Why the endpoint is down, if it is evidence of that. */
  readonly reason: DownReason | undefined;
  /** Whether the endpoint has certainly not accepted it, so that a second attempt delivers it once. */
  readonly isRetryable: boolean;
  /** How long the answer asks to wait before a second attempt (ms), if it asks for one. */
  readonly retryAfterInMs: number | undefined;
  /** A few words for a message: the status or the code, never any other text of the error. */
  readonly label: string;
}

/** As much of an error as is looked at; anything may be thrown, even what has none of it. */
interface Thrown {
  readonly name?: unknown;
  readonly code?: unknown;
  readonly cause?: { readonly syscall?: unknown; readonly errors?: unknown } | null;
  readonly statusCode?: unknown;
  readonly response?: { readonly headers?: { readonly get?: unknown } | null } | null;
  readonly isOwnStall?: unknown;
}

type Meaning = Pick<Failure, "kind"> & Partial<Failure>;

/** Codes of errors that this process is to blame for. */
const OWN_EXHAUSTION = new Set([
  "EMFILE",
  "ENFILE",
  "ENOMEM",
  "ENOBUFS",
  "EADDRNOTAVAIL",
  "ERR_BUSY",
]);
const DNS = new Set(["ENOTFOUND", "EAI_AGAIN", "EAI_FAIL", "EAI_NODATA", "EAI_NONAME"]);
const TIMEOUT = new Set(["ETIMEDOUT", "ESOCKETTIMEDOUT"]);
const TLS = /^(ERR_TLS_|ERR_SSL_|CERT_|EPROTO|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_)/;
/** Before a request is sent: the endpoint has not seen anything of it. */
const UNSENT = new Set(["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN"]);
/** These may also end a connection on which a request was sent long ago. */
const UNSENT_IF_BY_CONNECT = new Set(["EHOSTUNREACH", "ENETUNREACH"]);
/** Of errors about what the caller gave; they have codes as network errors have. */
const OF_THE_CALLER = /^(ABORT_ERR|ERR_CLOSED|ERR_INVALID_|ERR_OUT_OF_RANGE)/;

/**
 * Classifies whatever a call was rejected with.
 *
 * @param now Epoch milliseconds, for a `Retry-After` that is a date.
 */
export function classifyFailure(error: unknown, now = Date.now()): Failure {
  const thrown: Thrown = typeof error === "object" && error !== null ? error : {};
  return {
    status: undefined,
    evidence: "none",
    reason: undefined,
    isRetryable: false,
    retryAfterInMs: undefined,
    label: String(thrown.code ?? thrown.name ?? "unknown error"),
    ...meaningOf(thrown, now),
  };
}

function meaningOf(thrown: Thrown, now: number): Meaning {
  const { code, statusCode, isOwnStall } = thrown;
  if (typeof statusCode === "number") return meaningOfStatus(thrown, statusCode, now);
  if (code === "ERR_DEADLINE_EXCEEDED") {
    return isOwnStall === true
      ? { kind: "own-stall" }
      : { kind: "deadline", evidence: "failing", reason: "timeout" };
  }
  if (typeof code !== "string" || isOfTheCaller(thrown, code)) return { kind: "other" };
  if (OWN_EXHAUSTION.has(code)) return { kind: "own-exhaustion" };
  return {
    kind: "network",
    evidence: "failing",
    reason: reasonOfCode(code),
    isRetryable: isUnsent(thrown, code),
  };
}

function meaningOfStatus(thrown: Thrown, status: number, now: number): Meaning {
  const isAnswer = isRestError(thrown) || isObject(thrown.response);
  const asksForRetry = isAnswer && (status === 429 || status === 503);
  const retryAfterInMs = asksForRetry ? parseRetryAfter(retryAfterOf(thrown), now) : undefined;
  return {
    kind: isAnswer ? "answer" : "credential",
    status,
    evidence: evidenceOfStatus(status),
    reason: reasonOfStatus(status),
    isRetryable: retryAfterInMs !== undefined,
    retryAfterInMs,
    label: `status ${status}`,
  };
}

export const reasonOfStatus = (status: number): DownReason => `status(${status})`;

/** The headers may be anything: credentials throw errors of libraries that nobody here knows. */
function retryAfterOf({ response }: Thrown): string | undefined {
  const headers = response?.headers;
  if (typeof headers?.get !== "function") return undefined;
  const value: unknown = headers.get("retry-after");
  return typeof value === "string" ? value : undefined;
}

function isObject(value: unknown): boolean {
  return typeof value === "object" && value !== null;
}

function evidenceOfStatus(status: number): Failure["evidence"] {
  if (status === 401 || status === 403) return "rejected";
  return status >= 500 ? "failing" : "none";
}

function isOfTheCaller({ name }: Thrown, code: string): boolean {
  return name === "AbortError" || name === "TypeError" || OF_THE_CALLER.test(code);
}

function reasonOfCode(code: string): DownReason {
  if (DNS.has(code)) return "dns";
  if (TIMEOUT.has(code)) return "timeout";
  return TLS.test(code) ? "tls" : "refused";
}

function isUnsent({ cause }: Thrown, code: string): boolean {
  // With several addresses, only the attempts to connect come together in one error.
  const isByConnect = cause?.syscall === "connect" || cause?.errors !== undefined;
  return UNSENT.has(code) || (isByConnect && UNSENT_IF_BY_CONNECT.has(code));
}
