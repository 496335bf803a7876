import {
  createHttpHeaders,
  type HttpClient,
  type PipelineRequest,
  type PipelineResponse,
} from "@azure/core-rest-pipeline";
import type { Dispatcher } from "undici";
import { EncodedBody } from "./encoded-body.ts";
import type { RawAnswer, Send } from "./exchange.ts";
import { USER_AGENT } from "./message-request.ts";

/** Sends the SDK's requests. The request's signal ends them. */
export function poolClient(send: Send): HttpClient {
  return {
    sendRequest: async (request) => {
      const options = dispatchOptionsOf(request);
      return responseOf(request, await send({ options, signal: request.abortSignal }));
    },
  };
}

/** Answers the SDK's requests with what was answered already. */
export function answeringClient(answer: RawAnswer): HttpClient {
  return { sendRequest: async (request) => responseOf(request, answer) };
}

function dispatchOptionsOf(request: PipelineRequest): Dispatcher.DispatchOptions {
  const { url, method, headers } = request;
  // The SDK's other kinds of bodies are never used here: messages are encoded beforehand.
  const body = (request.body ?? null) as string | Uint8Array | null;
  if (body instanceof EncodedBody) headers.set("Content-Type", body.contentType);
  headers.set("User-Agent", USER_AGENT);
  headers.set("x-ms-client-request-id", request.requestId);
  return {
    path: url.slice(url.indexOf("/", url.indexOf("://") + 3)),
    method: method as Dispatcher.HttpMethod,
    headers: headers.toJSON(),
    body,
    headersTimeout: request.timeout,
  };
}

function responseOf(request: PipelineRequest, answer: RawAnswer): PipelineResponse {
  const headers = createHttpHeaders();
  for (const [name, value] of Object.entries(answer.headers)) headers.set(name, String(value));
  const bodyAsText = Buffer.concat(answer.body).toString();
  return { request, status: answer.status, headers, bodyAsText };
}
