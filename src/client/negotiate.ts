import { type ClientErrorCode, isNegotiateError, NegotiateError } from "./errors.ts";
import { reasonOf } from "./reason.ts";
import type { AbortSignalLike } from "./wire-types.ts";

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
  /**
   * Every so many milliseconds a connected client asks whether it is to stay (review).
   *
   * @default it does not ask
   */
  readonly reviewAfterInMs?: number | undefined;
  /**
   * What opens the review route; without it the client does not ask.
   *
   * @default none
   */
  readonly grant?: string | undefined;
  /** What the server says of the client's next reconnects. */
  readonly reconnect?:
    | {
        /**
         * Within how many milliseconds clients that lose their connections together come back.
         *
         * @default the client's option `reconnectSpreadInMs`
         */
        readonly spreadInMs?: number | undefined;
      }
    | undefined;
  /** What a client with `continuity` is told of the history. */
  readonly history?: unknown;
}

/** What a negotiate function is given. */
export interface NegotiateContext {
  /** Endpoints that this client has just failed on, to be passed on as `failed=`. */
  readonly failed: readonly string[];
  /** Ends the request: its deadline has passed, the client was stopped, or there is an answer. */
  readonly signal: AbortSignal;
}

/**
 * Asks for an endpoint to connect to. An error with a `status` of 401 or 403 stops the client; after any
 * other it tries again.
 */
export type Negotiate = (context: NegotiateContext) => NegotiateAnswer | Promise<NegotiateAnswer>;

/**
 * One question to the app servers, with its deadline.
 *
 * @param ask Is given what ends when it has failed: its deadline has passed, or nobody waits any more.
 * @throws NegotiateError; `ERR_NEGOTIATE_REFUSED` when there is no use in asking again.
 */
export async function askOnce<Answer>(
  ask: (ending: AbortController) => Answer | Promise<Answer>,
  timeoutInMs: number,
  signal: AbortSignalLike,
): Promise<Answer> {
  const ending = new AbortController();
  let giveUp!: () => void;
  const ended = new Promise<never>((_, reject) => {
    giveUp = () => reject(new NegotiateError(`Negotiate did not answer within ${timeoutInMs} ms.`));
  });
  const timer = setTimeout(giveUp, timeoutInMs);
  signal.addEventListener("abort", giveUp);
  try {
    // A function of the application's may take no notice of the signal.
    return await Promise.race([Promise.resolve(ask(ending)), ended]);
  } catch (error) {
    const failure = asNegotiateError(error);
    ending.abort(failure);
    throw failure;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", giveUp);
  }
}

/** There is no use in asking again. */
export const isRefusal = ({ code }: { readonly code: ClientErrorCode }): boolean =>
  code === "ERR_NEGOTIATE_REFUSED" || code === "ERR_INVALID_OPTIONS";

/** The error, whatever was thrown. */
export const asNegotiateError = (error: unknown): NegotiateError =>
  isNegotiateError(error) ? error : wrapped(error);

function wrapped(cause: unknown): NegotiateError {
  const { status } = (cause ?? {}) as { status?: unknown };
  const text = `Negotiate failed: ${reasonOf(cause) || typeof cause}.`;
  return new NegotiateError(text, typeof status === "number" ? { status, cause } : { cause });
}
