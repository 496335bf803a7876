import { parseRetryAfter } from "../kit/retry-after.ts";

const mostAttempts = 3;
/** Before the second attempt and the third, when nothing says how long to wait; randomised by half. */
const pausesInMs = [100, 300];
/** On top of what the service asks for, so that app servers do not come back all at once. */
const spreadInMs = 100;

/** Errors of the network before a request is sent: the endpoint has not seen anything of it. */
const neverSent = new Set(["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN"]);
/** These may also end a connection on which a request was sent long ago. */
const neverSentByConnect = new Set(["EHOSTUNREACH", "ENETUNREACH"]);

interface Failure {
  readonly code?: unknown;
  readonly cause?: { readonly syscall?: unknown; readonly errors?: unknown };
  readonly statusCode?: unknown;
  readonly response?: { readonly headers: { get(name: string): string | undefined } };
}

/**
 * How long to wait before an attempt is repeated; undefined when it must not be. Only what is known
 * not to have been accepted is repeated, or a message might be delivered twice: connections that
 * were refused, and 429 and 503 that say when to come back.
 *
 * @param attempts How many there have been.
 * @param now Epoch milliseconds.
 * @param random From 0 (included) to 1 (excluded).
 */
export function pauseBeforeRetryInMs(
  error: unknown,
  attempts: number,
  now: number,
  random: number,
): number | undefined {
  if (attempts >= mostAttempts) return undefined;
  const { code, cause, statusCode, response } = (error ?? {}) as Failure;
  if (statusCode === 429 || statusCode === 503) {
    const retryAfterInMs = parseRetryAfter(response?.headers.get("retry-after"), now);
    return retryAfterInMs === undefined ? undefined : retryAfterInMs + random * spreadInMs;
  }
  // With several addresses, only the attempts to connect come together in one error.
  const isOfConnect = cause?.syscall === "connect" || cause?.errors !== undefined;
  const isUnsent =
    neverSent.has(String(code)) || (isOfConnect && neverSentByConnect.has(String(code)));
  if (!isUnsent) return undefined;
  return (pausesInMs[attempts - 1] ?? 0) * (0.5 + random / 2);
}
