import { parseRetryAfter } from "../kit/retry-after.ts";
import { NegotiateError } from "./errors.ts";
import { askOnce } from "./negotiate.ts";
import { readDuration } from "./negotiate-answer.ts";

const MAX_ANSWER_IN_BYTES = 256 * 1024;
// A refusal says what matters in its head; its body is waited for no longer than this.
const PROBLEM_WITHIN_IN_MS = 500;
// A header that asks for more than that is of a wrong clock, or of a proxy whose page asks in the
// server's name. What the body says is the server's own word.
const MAX_HEADER_PAUSE_IN_MS = 120_000;

/** Reads JSON, and no more of it than an answer can have. @throws NegotiateError */
export async function readJson(
  response: Response,
  maxBytes = MAX_ANSWER_IN_BYTES,
): Promise<unknown> {
  const text = await readText(response, maxBytes);
  try {
    return JSON.parse(text);
  } catch {
    // No cause: it would quote the body, and with it perhaps a token.
    const { status } = response;
    const type = response.headers.get("Content-Type") ?? "no content type";
    throw new NegotiateError(`Negotiate answered ${status}, but with no JSON (${type}).`, {
      status,
    });
  }
}

/** What an answer that is no success says. The body may never end. */
export async function readRefusal(
  response: Response,
  signal: AbortSignal,
): Promise<NegotiateError> {
  const { status, headers } = response;
  const problem = await askOnce(() => readJson(response), PROBLEM_WITHIN_IN_MS, signal).catch(
    () => undefined,
  );
  const { code, retryAfterInMs } = (problem ?? {}) as { code?: unknown; retryAfterInMs?: unknown };
  // The clocks of both sides need not agree. Pages of other origins may not see the header.
  const now = Date.parse(headers.get("Date") ?? "") || Date.now();
  const turnInMs = readDuration(retryAfterInMs);
  const pauseInMs = turnInMs ?? pauseInHeader(headers.get("Retry-After"), now);
  const message = `Negotiate answered ${status}${typeof code === "string" ? ` (${code})` : ""}.`;
  const isTurn = turnInMs !== undefined;
  return new NegotiateError(
    message,
    pauseInMs === undefined ? { status } : { status, retryAfterInMs: pauseInMs, isTurn },
  );
}

function pauseInHeader(header: string | null, now: number): number | undefined {
  const inMs = parseRetryAfter(header, now);
  return inMs === undefined ? undefined : Math.min(MAX_HEADER_PAUSE_IN_MS, inMs);
}

/** Counts what has come rather than what was announced, which may be compressed. */
async function readText(response: Response, maxBytes: number): Promise<string> {
  const reader = response.body?.getReader();
  // React Native has no streams.
  if (!reader) return response.text();
  const decoder = new TextDecoder();
  let text = "";
  let bytes = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return text + decoder.decode();
    bytes += value.length;
    if (bytes > maxBytes) {
      const { status } = response;
      throw new NegotiateError(`Negotiate answered more than ${maxBytes >> 10} kB.`, { status });
    }
    text += decoder.decode(value, { stream: true });
  }
}
