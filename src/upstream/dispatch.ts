import type { IncomingHttpHeaders } from "node:http";
import { Readable } from "node:stream";
import {
  WebPubSubEventHandler,
  type WebPubSubEventHandlerOptions,
} from "@azure/web-pubsub-express";
import type { Request, Response } from "express";
import { RequestRefused } from "../http/problem.ts";
import { describeValue } from "../kit/describe-value.ts";
import { keepMarkers } from "../marker-groups/marker.ts";
import type { UpstreamConfiguration } from "../options/parse-options.ts";

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

type HandlerName = keyof Omit<WebPubSubEventHandlerOptions, "path" | "allowedEndpoints">;

type HandleConnect = NonNullable<WebPubSubEventHandlerOptions["handleConnect"]>;

/** The service waits for the answers of these. */
const BLOCKING: readonly HandlerName[] = ["handleConnect", "handleUserEvent"];

/** The service only tells these. */
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
 * @throws RequestRefused
 */
export async function dispatch(
  hub: string,
  handlers: UpstreamConfiguration,
  event: UpstreamEvent,
  onHandlerFailed: (handler: string, error: unknown) => void,
): Promise<UpstreamAnswer> {
  const { response, answer } = standInResponse();
  let running: Promise<UpstreamAnswer> | undefined;
  const call = (name: HandlerName, ...args: unknown[]): void => {
    const handler = handlers[name] as (...args: unknown[]) => unknown;
    const failed = (error: unknown): never => {
      onHandlerFailed(`upstream.${name}`, error);
      throw handlerFailed();
    };
    const ended = Promise.resolve().then(() => handler.apply(handlers, argumentsOf(name, args)));
    const answered = answer.catch(failed);
    const whenEnded = ended.then(() => answered, failed);
    // A notification is answered by the SDK at once, but only its handler's end tells how it went.
    // A blocking handler has answered or failed, whichever comes first: it may answer after it ended.
    running = NOTIFICATIONS.includes(name) ? whenEnded : Promise.race([answered, whenEnded]);
  };
  const isTaken = await runMiddleware(hub, wrap(handlers, call), event, response);
  if (!isTaken) throw unsupported();
  return running ?? answer;
}

/** A connect handler knows nothing of the marker groups in the token: its answer keeps them. */
function argumentsOf(name: HandlerName, args: unknown[]): unknown[] {
  if (name !== "handleConnect") return args;
  const [request, response] = args as Parameters<HandleConnect>;
  const success: typeof response.success = (answer) =>
    response.success(keepMarkers(answer, request.claims));
  return [request, { ...response, success }];
}

function wrap(
  handlers: UpstreamConfiguration,
  call: (name: HandlerName, ...args: unknown[]) => void,
): WebPubSubEventHandlerOptions {
  const names = [...BLOCKING, ...NOTIFICATIONS].filter((name) => handlers[name]);
  return Object.fromEntries(
    names.map((name) => [name, (...args: unknown[]) => call(name, ...args)]),
  );
}

/** False when the SDK does not know what to do with the event. */
function runMiddleware(
  hub: string,
  handlers: WebPubSubEventHandlerOptions,
  event: UpstreamEvent,
  response: Response,
): Promise<boolean> {
  const middleware = new WebPubSubEventHandler(hub, { path: "/", ...handlers }).getMiddleware();
  return new Promise((resolve, reject) => {
    const next = (error?: unknown): void => (error ? reject(error) : resolve(false));
    Promise.resolve(middleware(standInRequest(event), response, next)).then(
      () => resolve(true),
      reject,
    );
  });
}

function handlerFailed(): RequestRefused {
  const detail = "The application failed to handle the event.";
  return new RequestRefused({ status: 500, code: "ERR_HANDLER_FAILED", detail });
}

function unsupported(): RequestRefused {
  const detail = "The event type or its content type is not one that the application handles.";
  return new RequestRefused({ status: 415, code: "ERR_UNSUPPORTED_EVENT", detail });
}

function standInRequest({ headers, body }: UpstreamEvent): Request {
  const stream = Readable.from([body], { objectMode: false });
  // The SDK ignores events without this header, which the service's documentation does not mention.
  const complete = { "ce-awpsversion": "1.0", ...headers };
  return Object.assign(stream, {
    headers: complete,
    method: "POST",
    baseUrl: "",
    path: "/",
  }) as unknown as Request;
}

function standInResponse() {
  const headers = new Map<string, string>();
  let give: (answer: UpstreamAnswer) => void;
  let refuse: (error: unknown) => void;
  // Only the first answer counts: a promise takes no notice of what comes later.
  const answer = new Promise<UpstreamAnswer>((resolve, reject) => {
    give = resolve;
    refuse = reject;
  });
  const response = {
    statusCode: 200,
    setHeader: (name: string, value: string) => headers.set(name, value),
    end: (body?: unknown) => {
      try {
        const status = statusOf(response.statusCode);
        give({ status, headers: new Map(headers), body: bytesOf(body) });
      } catch (error) {
        refuse(error);
      }
    },
  };
  return { response: response as unknown as Response, answer };
}

function statusOf(status: unknown): number {
  if (Number.isInteger(status) && Number(status) >= 200 && Number(status) <= 599) {
    return Number(status);
  }
  throw new RangeError(`A handler answered with the status ${describeValue(status)}`);
}

function bytesOf(body: unknown): string | Uint8Array {
  if (body === undefined || body === null) return "";
  if (typeof body === "string" || body instanceof Uint8Array) return body;
  if (ArrayBuffer.isView(body)) {
    return new Uint8Array(body.buffer, body.byteOffset, body.byteLength);
  }
  if (body instanceof ArrayBuffer) return new Uint8Array(body);
  throw new TypeError(
    `A handler answered with ${describeValue(body)}; give text (JSON.stringify what is JSON) or bytes`,
  );
}
