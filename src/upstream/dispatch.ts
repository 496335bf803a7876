import type { IncomingHttpHeaders } from "node:http";
import { Readable } from "node:stream";
import {
  WebPubSubEventHandler,
  type WebPubSubEventHandlerOptions,
} from "@azure/web-pubsub-express";
import type { Request, Response } from "express";
import type { UpstreamConfiguration } from "../options.ts";
import type { Problem } from "../problem.ts";

/** What the handlers made of an event, before any of it is sent. */
export interface UpstreamAnswer {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string | Uint8Array;
}

export interface UpstreamEvent {
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** The service waits for the answer to these; the others are notifications. */
type HandlerName = keyof Omit<WebPubSubEventHandlerOptions, "path" | "allowedEndpoints">;
const BLOCKING: readonly HandlerName[] = ["handleConnect", "handleUserEvent"];
const NOTIFICATIONS: readonly HandlerName[] = [
  "onConnected",
  "onDisconnected",
  "onGroupJoined",
  "onGroupLeft",
];

/**
 * Runs the handlers through `@azure/web-pubsub-express`, which reads the event and writes the
 * answer in the service's terms. It gets stand-ins for request and response, because it neither
 * awaits handlers nor catches what they throw, and because the body may have been read before.
 *
 * @param onHandlerFailed Told what a handler threw or rejected with.
 */
export async function dispatch(
  hub: string,
  handlers: UpstreamConfiguration,
  event: UpstreamEvent,
  onHandlerFailed: (handler: string, error: unknown) => void,
): Promise<UpstreamAnswer | Problem> {
  let running: Promise<unknown> | undefined;
  const call = (name: HandlerName, ...args: unknown[]): void => {
    const handler = handlers[name] as (...args: unknown[]) => unknown;
    running = Promise.resolve()
      .then(() => handler.apply(handlers, args))
      .catch((error) => {
        onHandlerFailed(`upstream.${name}`, error);
        return HANDLER_FAILED;
      });
  };
  const wrapped: Partial<Record<HandlerName, (...args: unknown[]) => void>> = {};
  for (const name of [...BLOCKING, ...NOTIFICATIONS]) {
    if (handlers[name]) wrapped[name] = (...args) => call(name, ...args);
  }
  const { response, answer } = standInResponse();
  const middleware = new WebPubSubEventHandler(hub, { path: "/", ...wrapped }).getMiddleware();
  const isTaken = await new Promise<boolean>((resolve, reject) => {
    const next = (error?: unknown): void => (error ? reject(error) : resolve(false));
    Promise.resolve(middleware(standInRequest(event), response, next)).then(
      () => resolve(true),
      reject,
    );
  });
  if (!isTaken) return UNSUPPORTED;
  // A blocking handler has answered or failed, whichever comes first; it may answer after it returned.
  // A notification is answered by the SDK at once, but only its handler's end tells how it went.
  const outcome = isNotification(event)
    ? ((await running) ?? undefined)
    : await Promise.race([answer, failureOf(running)]);
  return outcome === HANDLER_FAILED ? HANDLER_FAILED : answer;
}

const HANDLER_FAILED: Problem = Object.freeze({
  status: 500,
  code: "ERR_HANDLER_FAILED",
  detail: "The application failed to handle the event.",
});

const UNSUPPORTED: Problem = Object.freeze({
  status: 415,
  code: "ERR_UNSUPPORTED_EVENT",
  detail: "The event type or its content type is not one that the application handles.",
});

function isNotification({ headers }: UpstreamEvent): boolean {
  const type = String(headers["ce-type"]);
  return !type.startsWith("azure.webpubsub.user.") && type !== "azure.webpubsub.sys.connect";
}

function failureOf(running: Promise<unknown> | undefined): Promise<unknown> {
  return new Promise((resolve) => {
    void running?.then((outcome) => outcome === HANDLER_FAILED && resolve(outcome));
  });
}

function standInRequest({ headers, body }: UpstreamEvent): Request {
  const stream = Readable.from([body], { objectMode: false });
  return Object.assign(stream, { headers, method: "POST", baseUrl: "", path: "/" }) as Request;
}

function standInResponse() {
  const headers = new Map<string, string>();
  let settle: (answer: UpstreamAnswer) => void;
  const answer = new Promise<UpstreamAnswer>((resolve) => {
    settle = resolve;
  });
  const response = {
    statusCode: 200,
    setHeader: (name: string, value: string) => headers.set(name, value),
    end: (body: string | Uint8Array = "") =>
      settle({ status: response.statusCode, headers, body: body ?? "" }),
  };
  return { response: response as unknown as Response, answer };
}
