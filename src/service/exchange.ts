import { RestError } from "@azure/core-rest-pipeline";
import type { Dispatcher } from "undici";
import type { AbortSignalLike } from "../contract/abort-signal.ts";
import { DeadlineError } from "../kit/deadline.ts";
import { InvalidArgumentError } from "../kit/errors.ts";
import { missedDeadlineOf } from "./call-within.ts";
import type { Answer } from "./hung-calls.ts";
import { SocketClosedError } from "./pooled-socket.ts";
import type { SocketPool, WaitingCall } from "./socket-pool.ts";

/** A request as it goes over the wire, and what ends it. */
export interface OutgoingRequest {
  readonly options: Dispatcher.DispatchOptions;
  readonly signal: AbortSignalLike | undefined;
}

/** What was answered, whatever it is. */
export interface RawAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: readonly Buffer[];
}

/**
 * Sends a request, to wherever that leads.
 *
 * @throws BusyError, DeadlineError, InvalidArgumentError for headers that cannot be sent, an
 *   `AbortError`, or a RestError for a connection that was not made or was lost
 */
export type Send = (request: OutgoingRequest) => Promise<RawAnswer>;

type AnswerListener = (answer: Answer) => void;

/**
 * Sends through a pool.
 *
 * @param pool Only the first requests wait for it.
 * @param onAnswer Told when one begins.
 */
export function sendThrough(pool: Promise<SocketPool>, onAnswer?: AnswerListener): Send {
  let opened: SocketPool | undefined;
  return (request) => {
    if (opened) return exchange(opened, request, onAnswer);
    return pool.then((ready) => {
      opened = ready;
      return exchange(ready, request, onAnswer);
    });
  };
}

function exchange(
  pool: SocketPool,
  request: OutgoingRequest,
  onAnswer: AnswerListener | undefined,
): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const exchange = new Exchange(pool, request, { resolve, reject, onAnswer });
    if (request.signal?.aborted) exchange.onAbort();
    else pool.send(exchange);
  });
}

/** Names in a path are encoded, and have no colon. */
const OF_MESSAGE = /\/:send(\?|$)/;

interface Settled {
  resolve(answer: RawAnswer): void;
  reject(error: Error): void;
  readonly onAnswer: AnswerListener | undefined;
}

/** One request and its answer. */
class Exchange implements WaitingCall {
  readonly options: Dispatcher.DispatchOptions;
  readonly isMessage: boolean;
  readonly #pool: SocketPool;
  readonly #signal: AbortSignalLike | undefined;
  readonly #settled: Settled;
  readonly #askedAt = performance.now();
  /** When it was sent; monotonic milliseconds. */
  #sentAt = Number.POSITIVE_INFINITY;
  /** When something of its answer came last. */
  #heardAt = Number.NEGATIVE_INFINITY;
  /** Of the socket that it is sent by. */
  #controller: Dispatcher.DispatchController | undefined;
  #endedBy: Error | undefined;
  #status = 0;
  #headers: RawAnswer["headers"] = {};
  #body: Buffer[] = [];

  constructor(pool: SocketPool, { options, signal }: OutgoingRequest, settled: Settled) {
    this.#pool = pool;
    this.#signal = signal;
    this.#settled = settled;
    this.options = options;
    this.isMessage = OF_MESSAGE.test(options.path);
    signal?.addEventListener("abort", this.onAbort);
  }

  get quietSince(): number {
    return Math.max(this.#sentAt, this.#heardAt);
  }

  get bytes(): number {
    const { body } = this.options;
    const ofBody = typeof body === "string" || body instanceof Uint8Array ? body.length : 0;
    return ofBody + this.options.path.length;
  }

  readonly onAbort = (): void => {
    this.#pool.withdraw(this);
    const isUnsent = this.#controller === undefined;
    const missed = this.#signal && missedDeadlineOf(this.#signal);
    // That there was no time left for an answer says nothing of the endpoint.
    if (missed && isUnsent) this.abort(this.#pool.unsent(missed.isOwnStall));
    else if (missed && this.#hasMostlyWaited) this.abort(new DeadlineError(this.#ageInMs, true));
    else this.abort(Object.assign(new Error("The request was aborted"), { name: "AbortError" }));
  };

  abort(error: Error): void {
    this.#endedBy ??= error;
    this.#end();
    this.#settled.reject(error);
    this.#controller?.abort(error);
  }

  isTooLate(typicalInMs: number): boolean {
    const { remainingInMs } = (this.#signal ?? {}) as { remainingInMs?: number };
    if (remainingInMs === undefined || remainingInMs > this.#ageInMs) return false;
    return remainingInMs < 2 * typicalInMs;
  }

  fail(cause: Error): void {
    this.#end();
    this.#settled.reject(asError(cause));
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    // It waited for its socket to be ready, and its caller no longer waits for it.
    if (this.#endedBy) controller.abort(this.#endedBy);
    else this.#controller = controller;
    this.#sentAt = performance.now();
  }

  onResponseStart(
    _: Dispatcher.DispatchController,
    status: number,
    headers: RawAnswer["headers"],
  ): void {
    this.#status = status;
    this.#headers = headers;
    this.#heardAt = performance.now();
    const hasSucceeded = status < 400;
    const { isMessage } = this;
    const answer = { sentAt: this.#sentAt, answeredAt: this.#heardAt, hasSucceeded, isMessage };
    this.#pool.learn(answer);
    this.#settled.onAnswer?.(answer);
  }

  onResponseData(_: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#heardAt = performance.now();
    this.#body.push(chunk);
  }

  onResponseEnd(): void {
    this.#end();
    this.#settled.resolve({ status: this.#status, headers: this.#headers, body: this.#body });
  }

  onResponseError(_: Dispatcher.DispatchController, error: Error): void {
    const isUnsent = this.#controller === undefined && this.#endedBy === undefined;
    if (isUnsent && error instanceof SocketClosedError) this.#pool.send(this);
    else this.fail(error);
  }

  get #ageInMs(): number {
    return Math.round(performance.now() - this.#askedAt);
  }

  /** Whether it waited longer for a socket than for an answer. */
  get #hasMostlyWaited(): boolean {
    const now = performance.now();
    return this.#sentAt - this.#askedAt > now - this.#sentAt;
  }

  #end(): void {
    this.#signal?.removeEventListener("abort", this.onAbort);
  }
}

/** Of headers that the caller has given, and of which the endpoint has not seen anything. */
const UNSENDABLE = new Set([
  "UND_ERR_INVALID_ARG",
  "UND_ERR_NOT_SUPPORTED",
  "UND_ERR_REQ_CONTENT_LENGTH_MISMATCH",
]);

/** What the SDK would throw, but without the request, whose headers hold a token. */
function asError(cause: NodeJS.ErrnoException): Error {
  if (cause.code !== undefined && UNSENDABLE.has(cause.code)) {
    return new InvalidArgumentError(`requestOptions: ${cause.message}`, { cause });
  }
  const code = cause.code ?? RestError.REQUEST_SEND_ERROR;
  // Addresses and ports are in the cause, which is not printed with it.
  const error = new RestError(`The connection failed: ${code}`, { code });
  Object.defineProperty(error, "cause", { value: cause, enumerable: false });
  return error;
}
