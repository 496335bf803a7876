import type { DownReason } from "../contract/endpoint.ts";
import type { FailureReason } from "../contract/fan-out-report.ts";
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
   * What it says of the endpoint, until a canary has confirmed it or not: that it is `failing`, that
   * it has `rejected` our credentials, which no health check can see, or nothing.
   */
  readonly evidence: "failing" | "rejected" | "none";
  /** Whose fault it is, as long as no canary says otherwise. */
  readonly fault: FailureReason;
  /** Why the endpoint is down, if it is evidence of that. */
  readonly reason: DownReason | undefined;
  /** Whether the endpoint has certainly not accepted it, so that a second attempt delivers it once. */
  readonly isRetryable: boolean;
  /** How long the answer asks to wait before a second attempt (ms), if it asks for one. */
  readonly retryAfterInMs: number | undefined;
  /**
   * How far our clock is ahead of the service's (ms), if it refuses our token and that may be why:
   * tokens are valid for a time.
   */
  readonly clockSkewInMs: number | undefined;
  /** The code of the error, if it is one that programs know; undefined for an answer. */
  readonly code: string | undefined;
  /** A few words for a message: the status or the code, never any other text of the error. */
  readonly label: string;
}

/** As much of an error as is looked at; anything may be thrown, even what has none of it. */
interface Thrown {
  readonly name?: unknown;
  readonly code?: unknown;
  readonly cause?: {
    readonly syscall?: unknown;
    readonly errors?: unknown;
    readonly statusCode?: unknown;
  } | null;
  readonly statusCode?: unknown;
  readonly response?: { readonly headers?: { readonly get?: unknown } | null } | null;
  readonly isOwnStall?: unknown;
}

type Meaning = Pick<Failure, "kind"> & Partial<Failure>;

/** Unauthorized, forbidden, too slow, too many. */
const ABOUT_THE_CALLER = new Set([401, 403, 408, 429]);
/** Tokens are taken with a tolerance of minutes. */
const NOTABLE_SKEW_IN_MS = 120_000;
const CODE = /^[A-Z][A-Z0-9_]{1,59}$/;
const NAME = /^[A-Z][A-Za-z0-9]{1,59}$/;
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
    fault: "local",
    reason: undefined,
    isRetryable: false,
    retryAfterInMs: undefined,
    clockSkewInMs: undefined,
    code: codeOf(thrown),
    label: codeOf(thrown) ?? nameOf(thrown) ?? "unknown error",
    ...meaningOf(thrown, now),
  };
}

/** The SDK takes as the code of an error whatever a service's answer calls so. */
function codeOf({ code }: Thrown): string | undefined {
  return typeof code === "string" && CODE.test(code) ? code : undefined;
}

function nameOf({ name }: Thrown): string | undefined {
  return typeof name === "string" && NAME.test(name) ? name : undefined;
}

function meaningOf(thrown: Thrown, now: number): Meaning {
  const { code, statusCode, isOwnStall } = thrown;
  if (code === "ERR_CREDENTIAL_FAILED") return meaningOfCredential(thrown.cause);
  if (typeof statusCode === "number") return meaningOfStatus(thrown, statusCode, now);
  if (isOwnStall === true) return { kind: "own-stall" };
  if (code === "ERR_DEADLINE_EXCEEDED") {
    return { kind: "deadline", evidence: "failing", fault: "endpoint", reason: "timeout" };
  }
  if (typeof code !== "string" || isOfTheCaller(thrown, code)) return { kind: "other" };
  if (OWN_EXHAUSTION.has(code)) return { kind: "own-exhaustion" };
  return {
    kind: "network",
    evidence: "failing",
    fault: "endpoint",
    reason: reasonOfCode(code),
    isRetryable: isUnsent(thrown, code),
  };
}

function meaningOfStatus(thrown: Thrown, status: number, now: number): Meaning {
  const asksForRetry = status === 429 || status === 503;
  const retryAfterInMs = asksForRetry
    ? parseRetryAfter(headerOf(thrown, "retry-after"), now)
    : undefined;
  const clockSkewInMs = status === 401 ? clockSkewOf(headerOf(thrown, "date"), now) : undefined;
  return {
    kind: "answer",
    status,
    evidence: evidenceOfStatus(status),
    fault: isRefusal(status) ? "refused-message" : "endpoint",
    reason: reasonOfStatus(status),
    isRetryable: retryAfterInMs !== undefined,
    retryAfterInMs,
    clockSkewInMs,
    // What the SDK puts there says how it read the body, or is text of that body.
    code: undefined,
    label: `${status < 400 ? "unexpected answer, " : ""}status ${status}${describeSkew(clockSkewInMs)}`,
  };
}

/** An identity provider that knows us no more is not the same as one that is away. */
function meaningOfCredential(cause: Thrown["cause"]): Meaning {
  const status = cause?.statusCode;
  const isRejected = status === 401 || status === 403;
  return {
    kind: "credential",
    status: typeof status === "number" ? status : undefined,
    evidence: isRejected ? "rejected" : "failing",
    fault: "endpoint",
    reason: isRejected ? "credentials-rejected" : "failing-calls",
  };
}

export const reasonOfStatus = (status: number): DownReason => `status(${status})`;

/** The status in such a reason; undefined for any other one. */
export function statusOfReason(reason: string): number | undefined {
  const status = /^status\((\d+)\)$/.exec(reason)?.[1];
  return status === undefined ? undefined : Number(status);
}

/** Anything may be thrown, with headers of any kind. */
function headerOf({ response }: Thrown, name: string): string | undefined {
  const headers = response?.headers;
  if (typeof headers?.get !== "function") return undefined;
  const value: unknown = headers.get(name);
  return typeof value === "string" ? value : undefined;
}

function clockSkewOf(date: string | undefined, now: number): number | undefined {
  const skewInMs = date === undefined ? Number.NaN : now - Date.parse(date);
  return Math.abs(skewInMs) >= NOTABLE_SKEW_IN_MS ? skewInMs : undefined;
}

function describeSkew(skewInMs: number | undefined): string {
  if (skewInMs === undefined) return "";
  const seconds = Math.round(Math.abs(skewInMs) / 1000);
  return `; the clock of this server is ${seconds} s ${skewInMs > 0 ? "ahead of" : "behind"} the service's`;
}

/** The service answers neither with other statuses below 400 than 2xx, nor with 408; what does is in its place. */
function evidenceOfStatus(status: number): Failure["evidence"] {
  if (status === 401 || status === 403) return "rejected";
  return status >= 500 || status < 400 || status === 408 ? "failing" : "none";
}

/** Whether an answer is about what was asked, and not about who asks, how often, or whom. */
function isRefusal(status: number): boolean {
  return status >= 400 && status < 500 && !ABOUT_THE_CALLER.has(status);
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
