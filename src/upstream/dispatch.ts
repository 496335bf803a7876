import {
  WebPubSubEventHandler,
  type WebPubSubEventHandlerOptions,
} from "@azure/web-pubsub-express";
import type { Response } from "express";
import { RequestRefused } from "../http/problem.ts";
import { keepMarkers } from "../marker-groups/marker.ts";
import type { UpstreamConfiguration } from "../options/parse-options.ts";
import type { AnswerDeadlines } from "./answer-deadline.ts";
import {
  standInRequest,
  standInResponse,
  type UpstreamAnswer,
  type UpstreamEvent,
  withoutThrowing,
} from "./stand-ins.ts";

type HandlerName = keyof Omit<WebPubSubEventHandlerOptions, "path" | "allowedEndpoints">;

type HandleConnect = NonNullable<WebPubSubEventHandlerOptions["handleConnect"]>;

/** Who is told what the handlers do. */
export interface DispatchObserver {
  /** What a handler threw or rejected with, or that it did not answer. */
  onHandlerFailed(handler: string, error: unknown): void;
  /** A connect handler lets a client in with these. */
  onRolesGiven(roles: readonly unknown[]): void;
}

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
 * @throws RequestRefused
 */
export async function dispatch(
  hub: string,
  handlers: UpstreamConfiguration,
  event: UpstreamEvent,
  observer: DispatchObserver,
  deadlines: AnswerDeadlines,
): Promise<UpstreamAnswer> {
  const { response, answer, refuse } = standInResponse();
  let running: Promise<UpstreamAnswer> | undefined;
  const call = (name: HandlerName, ...args: unknown[]): void => {
    const handler = handlers[name] as (...args: unknown[]) => unknown;
    const option = `upstream.${name}`;
    const failed = (error: unknown): never => {
      observer.onHandlerFailed(option, error);
      throw handlerFailed();
    };
    const ended = Promise.resolve().then(() =>
      handler.apply(handlers, argumentsOf(name, args, observer, refuse)),
    );
    const answered = answer.catch(failed);
    const whenEnded = ended.then(() => answered, failed);
    if (NOTIFICATIONS.includes(name)) {
      // The SDK answers it at once, but only its handler's end tells how it went.
      running = whenEnded;
      return;
    }
    // It has answered or failed, whichever comes first: it may answer after it ended.
    running = deadlines.answerInTime(Promise.race([answered, whenEnded]), {
      handler: option,
      timeoutInMs: handlers.handlerTimeoutInMs,
      onTimeout: failed,
      onLateAnswer: (error) => observer.onHandlerFailed(option, error),
    });
  };
  const isTaken = await runMiddleware(hub, wrap(handlers, call), event, response);
  if (!isTaken) throw unsupported();
  return running ?? answer;
}

/**
 * What a handler is given. A connect handler knows nothing of the marker groups in the token: its
 * answer keeps them.
 */
function argumentsOf(
  name: HandlerName,
  [request, response]: unknown[],
  observer: DispatchObserver,
  refuse: (error: unknown) => void,
): unknown[] {
  if (NOTIFICATIONS.includes(name)) return [request];
  if (name !== "handleConnect") return [request, withoutThrowing(response as object, refuse)];
  const [{ claims }, answering] = [request, response] as Parameters<HandleConnect>;
  const success: typeof answering.success = (answer) => {
    if (Array.isArray(answer?.roles)) observer.onRolesGiven(answer.roles);
    answering.success(keepMarkers(answer, claims));
  };
  return [request, withoutThrowing({ ...answering, success }, refuse)];
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
