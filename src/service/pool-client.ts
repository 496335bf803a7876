import {
  createHttpHeaders,
  type HttpClient,
  type PipelineRequest,
  type PipelineResponse,
  RestError,
} from "@azure/core-rest-pipeline";
import type { Dispatcher } from "undici";
import { DeadlineError } from "../kit/deadline.ts";
import { InvalidArgumentError } from "../kit/errors.ts";
import { missedDeadlineOf } from "./call-within.ts";
import { EncodedBody } from "./encoded-body.ts";
import type { Answer } from "./hung-calls.ts";
import { SocketClosedError } from "./pooled-socket.ts";
import type { SocketPool, WaitingCall } from "./socket-pool.ts";

type AnswerListener = (answer: Answer) => void;

/**
 * Sends the SDK's requests through a pool, to wherever that leads. The request's signal ends them.
 *
 * @param pool Only the first requests wait for it.
 * @param onAnswer Told when one begins.
 */
export function poolClient(pool: Promise<SocketPool>, onAnswer?: AnswerListener): HttpClient {
  let opened: SocketPool | undefined;
  return {
    sendRequest: (request) => {
      if (opened) return send(opened, request, onAnswer);
      return pool.then((ready) => {
        opened = ready;
        return send(ready, request, onAnswer);
      });
    },
  };
}

function send(
  pool: SocketPool,
  request: PipelineRequest,
  onAnswer: AnswerListener | undefined,
): Promise<PipelineResponse> {
  return new Promise((resolve, reject) => {
    const settled = { resolve, reject, onAnswer };
    const exchange = new Exchange(pool, request, settled);
    if (request.abortSignal?.aborted) exchange.onAbort();
    else pool.send(exchange);
  });
}

function dispatchOptionsOf(request: PipelineRequest): Dispatcher.DispatchOptions {
  const { url, method, headers } = request;
  // The SDK's other kinds of bodies are never used here: messages are encoded beforehand.
  const body = (request.body ?? null) as string | Uint8Array | null;
  if (body instanceof EncodedBody) headers.set("Content-Type", body.contentType);
  headers.set("User-Agent", "express-resilient-pubsub");
  headers.set("x-ms-client-request-id", request.requestId);
  return {
    path: url.slice(url.indexOf("/", url.indexOf("://") + 3)),
    method: method as Dispatcher.HttpMethod,
    headers: headers.toJSON(),
    body,
    headersTimeout: request.timeout,
  };
}

/** Names in a path are encoded, and have no colon. */
const OF_MESSAGE = /\/:send(\?|$)/;

type ResponseHeaders = Readonly<Record<string, string | string[] | undefined>>;

interface Settled {
  resolve(response: PipelineResponse): void;
  reject(error: Error): void;
  readonly onAnswer: AnswerListener | undefined;
}

/** One request and its response. */
class Exchange implements WaitingCall {
  readonly options: Dispatcher.DispatchOptions;
  readonly isMessage: boolean;
  readonly #pool: SocketPool;
  readonly #request: PipelineRequest;
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
  #headers: ResponseHeaders = {};
  #body: Buffer[] = [];

  constructor(pool: SocketPool, request: PipelineRequest, settled: Settled) {
    this.#pool = pool;
    this.#request = request;
    this.#settled = settled;
    this.options = dispatchOptionsOf(request);
    this.isMessage = OF_MESSAGE.test(this.options.path);
    request.abortSignal?.addEventListener("abort", this.onAbort);
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
    const { abortSignal } = this.#request;
    this.#pool.withdraw(this);
    const isUnsent = this.#controller === undefined;
    const missed = abortSignal && missedDeadlineOf(abortSignal);
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
    const { remainingInMs } = (this.#request.abortSignal ?? {}) as { remainingInMs?: number };
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
    headers: ResponseHeaders,
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
    const headers = createHttpHeaders();
    for (const [name, value] of Object.entries(this.#headers)) headers.set(name, String(value));
    const bodyAsText = Buffer.concat(this.#body).toString();
    this.#settled.resolve({ request: this.#request, status: this.#status, headers, bodyAsText });
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
    this.#request.abortSignal?.removeEventListener("abort", this.onAbort);
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
