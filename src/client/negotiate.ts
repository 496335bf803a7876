import { parseRetryAfter } from "../kit/retry-after.ts";
import { isNegotiateError, NegotiateError } from "./errors.ts";
import type { NegotiatedEndpoint } from "./negotiated-endpoint.ts";
import type { ResilientPubSubClientOptions } from "./options.ts";
import { reasonOf } from "./reason.ts";

/** What the negotiate route of the plugin answers. */
export interface NegotiateAnswer {
  /** WebSocket URL with access token. */
  readonly url: string;
  /**
   * Name of the endpoint behind it.
   *
   * @default the host of the URL
   */
  readonly endpoint?: string | undefined;
  /** What that endpoint is for the app server that answered. The client makes no use of it. */
  readonly role?: "primary" | "secondary" | undefined;
  /** Until when the token can be used to connect, ISO 8601. */
  readonly expiresAt?: string | undefined;
  /**
   * Number of the agreement by which all servers send all clients there (client-client topology); it
   * only grows. Anything but a whole number from 1 counts as none.
   *
   * @default none
   */
  readonly epoch?: number | undefined;
  /**
   * What tells that agreement from another one of the same number, if the answer has it. Anything but
   * a text counts as none.
   *
   * @default none
   */
  readonly incarnation?: string | undefined;
}

/** What a negotiate function is given. */
export interface NegotiateContext {
  /** Endpoints that this client has just failed on, to be passed on as `failed=`. */
  readonly failed: readonly string[];
  /** Ends the request: its deadline has passed, or the client was stopped. */
  readonly signal: AbortSignal;
}

/**
 * Asks for an endpoint to connect to. An error with a `status` of 401 or 403 stops the client; after any
 * other it tries again.
 */
export type Negotiate = (context: NegotiateContext) => NegotiateAnswer | Promise<NegotiateAnswer>;

export function createNegotiate(
  negotiate: Negotiate | readonly string[],
  init: ResilientPubSubClientOptions["negotiateRequest"],
): Negotiate {
  if (typeof negotiate === "function") return negotiate;
  const [url = ""] = negotiate;
  return async ({ failed, signal }) => {
    const target = new URL(url);
    for (const endpoint of failed) target.searchParams.append("failed", endpoint);
    const request = typeof init === "function" ? await init() : init;
    const response = await fetch(target, { ...request, signal }).catch((error) => {
      throw requestMistake(target, request) ?? error;
    });
    if (!response.ok) throw await refusal(response);
    return parseAnswer(await response.text(), response);
  };
}

/**
 * One negotiate, with its deadline.
 *
 * @throws NegotiateError; `ERR_NEGOTIATE_REFUSED` when there is no use in asking again.
 */
export async function negotiateOnce(
  negotiate: Negotiate,
  failed: readonly string[],
  timeoutInMs: number,
  signal: AbortSignal,
): Promise<NegotiatedEndpoint> {
  const deadline = new AbortController();
  const end = (): void => deadline.abort();
  const timer = setTimeout(end, timeoutInMs);
  signal.addEventListener("abort", end);
  const ended = new Promise<never>((_, reject) => {
    deadline.signal.addEventListener("abort", () => {
      reject(new NegotiateError(`Negotiate did not answer within ${timeoutInMs} ms.`));
    });
  });
  try {
    // A function of the application's may take no notice of the signal.
    const answering = Promise.resolve(negotiate({ failed, signal: deadline.signal }));
    return readAnswer(await Promise.race([answering, ended]));
  } catch (error) {
    throw isNegotiateError(error) ? error : wrapped(error);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", end);
  }
}

function parseAnswer(body: string, { status, headers }: Response): NegotiateAnswer {
  try {
    return JSON.parse(body);
  } catch {
    // No cause: it would quote the body, and with it perhaps a token.
    const type = headers.get("Content-Type") ?? "no content type";
    throw new NegotiateError(`Negotiate answered ${status}, but with no JSON (${type}).`, {
      status,
    });
  }
}

function readAnswer(answer: NegotiateAnswer | undefined): NegotiatedEndpoint {
  const problem = "Negotiate must answer { url, endpoint }, url being a ws: or wss: URL";
  if (typeof answer?.url !== "string") throw new NegotiateError(`${problem}; it has no url.`);
  let url: URL;
  try {
    url = new URL(answer.url);
  } catch {
    // The URL itself would tell the token.
    throw new NegotiateError(`${problem}; this url is none.`);
  }
  if (url.protocol !== "ws:" && url.protocol !== "wss:") {
    throw new NegotiateError(`${problem}; this one begins with ${url.protocol}.`);
  }
  const { endpoint, epoch, incarnation } = answer;
  const isNamed = typeof endpoint === "string" && endpoint !== "";
  const isAgreed = Number.isSafeInteger(epoch) && (epoch as number) > 0;
  return {
    url: answer.url,
    endpoint: isNamed ? endpoint : url.host,
    epoch: isAgreed ? epoch : undefined,
    incarnation: typeof incarnation === "string" ? incarnation : undefined,
  };
}

async function refusal(response: Response): Promise<NegotiateError> {
  const { status } = response;
  const problem = (await response.json().catch(() => undefined)) as { code?: unknown } | undefined;
  const code = typeof problem?.code === "string" ? ` (${problem.code})` : "";
  const retryAfterInMs = parseRetryAfter(response.headers.get("Retry-After"), Date.now());
  const message = `Negotiate answered ${status}${code}.`;
  return new NegotiateError(
    message,
    retryAfterInMs === undefined ? { status } : { status, retryAfterInMs },
  );
}

/** A request that the platform refuses to make will be refused each time. */
function requestMistake(target: URL, request: RequestInit | undefined): NegotiateError | undefined {
  try {
    // The body is used up, or still in use; whether there may be one is all that can be asked.
    new Request(target, { ...request, body: request?.body && "" });
    return undefined;
  } catch {
    // No cause: it would quote the header that is wrong, and with it perhaps a token.
    const message = "negotiateRequest makes no valid request; check method, headers and body.";
    return new NegotiateError(message, {}, "ERR_INVALID_OPTIONS");
  }
}

function wrapped(cause: unknown): NegotiateError {
  const { status } = (cause ?? {}) as { status?: unknown };
  const text = `Negotiate failed: ${reasonOf(cause) || typeof cause}.`;
  return new NegotiateError(text, typeof status === "number" ? { status, cause } : { cause });
}
