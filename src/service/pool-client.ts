import {
  createHttpHeaders,
  type HttpClient,
  type PipelineRequest,
  type PipelineResponse,
  RestError,
} from "@azure/core-rest-pipeline";
import type { Dispatcher, Pool } from "undici";
import { InvalidArgumentError } from "../kit/errors.ts";
import { EncodedBody } from "./encoded-body.ts";

/**
 * Sends the SDK's requests through a pool, to wherever that leads. The request's signal ends them.
 *
 * @param pool Only the first requests wait for it.
 */
export function poolClient(pool: Promise<Pool>): HttpClient {
  let opened: Pool | undefined;
  return {
    sendRequest: (request) => {
      if (opened) return send(opened, request);
      return pool.then((ready) => {
        opened = ready;
        return send(ready, request);
      });
    },
  };
}

function send(pool: Pool, request: PipelineRequest): Promise<PipelineResponse> {
  return new Promise((resolve, reject) => {
    const exchange = new Exchange(request, resolve, reject);
    if (request.abortSignal?.aborted) exchange.abort();
    else pool.dispatch(dispatchOptionsOf(request), exchange);
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

type ResponseHeaders = Readonly<Record<string, string | string[] | undefined>>;

/** One request and its response. */
class Exchange implements Dispatcher.DispatchHandler {
  readonly #request: PipelineRequest;
  readonly #resolve: (response: PipelineResponse) => void;
  readonly #reject: (error: Error) => void;
  #controller: Dispatcher.DispatchController | undefined;
  #status = 0;
  #headers: ResponseHeaders = {};
  #body: Buffer[] = [];

  constructor(
    request: PipelineRequest,
    resolve: (response: PipelineResponse) => void,
    reject: (error: Error) => void,
  ) {
    this.#request = request;
    this.#resolve = resolve;
    this.#reject = reject;
    request.abortSignal?.addEventListener("abort", this.abort);
  }

  readonly abort = (): void => {
    const error = Object.assign(new Error("The request was aborted"), { name: "AbortError" });
    this.#end();
    this.#reject(error);
    this.#controller?.abort(error);
  };

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    // It waited for a connection, and its caller no longer waits for it.
    if (this.#request.abortSignal?.aborted) this.abort();
  }

  onResponseStart(
    _: Dispatcher.DispatchController,
    status: number,
    headers: ResponseHeaders,
  ): void {
    this.#status = status;
    this.#headers = headers;
  }

  onResponseData(_: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#body.push(chunk);
  }

  onResponseEnd(): void {
    this.#end();
    const headers = createHttpHeaders();
    for (const [name, value] of Object.entries(this.#headers)) headers.set(name, String(value));
    const bodyAsText = Buffer.concat(this.#body).toString();
    this.#resolve({ request: this.#request, status: this.#status, headers, bodyAsText });
  }

  onResponseError(_: Dispatcher.DispatchController, error: Error): void {
    this.#end();
    this.#reject(asError(error));
  }

  #end(): void {
    this.#request.abortSignal?.removeEventListener("abort", this.abort);
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
  const error = new RestError(cause.message, { code: cause.code ?? RestError.REQUEST_SEND_ERROR });
  error.cause = cause;
  return error;
}
