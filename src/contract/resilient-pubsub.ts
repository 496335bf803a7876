import type { IncomingMessage, ServerResponse } from "node:http";
import type { AbortSignalLike } from "./abort-signal.ts";
import type { CoordinationControl } from "./coordination.ts";
import type { EndpointsControl } from "./endpoints-control.ts";
import type { PubSubEventSource } from "./events.ts";
import type { PubSub } from "./pubsub.ts";
import type { PubSubStatus, StatusHandlerOptions } from "./status.ts";

declare global {
  namespace Express {
    interface Locals {
      /**
       * The plugin that the request has passed; of several the first, in which `hub(name)` finds
       * the others. Where the plugin is mounted below a path, as by `app.use("/api", pubsub)`, it is
       * there for requests below that path only: other handlers use the plugin itself.
       */
      pubsub: ResilientPubSub;
    }
  }
}

/**
 * The middleware, and what it offers outside a request.
 *
 * @example
 * ```ts
 * await pubsub.ready({ require: "any-healthy" });
 * const server = app.listen(3000);
 * process.once("SIGTERM", () => {
 *   server.close();
 *   void pubsub.close();
 * });
 * ```
 */
export interface ResilientPubSub extends PubSub {
  /**
   * The middleware. It is typed by Node's own requests, so that it fits an app whose copy of
   * `@types/express` is another than the one beside this package, or of the other major version.
   */
  (request: IncomingMessage, response: ServerResponse, next: (error?: unknown) => void): void;
  /** Tells of failovers and of everything else that an operator may want to know. */
  readonly events: PubSubEventSource;
  /**
   * Another plugin of the app, by its hub in any case; its own hub gives the plugin itself. In a
   * handler, those that the request has passed are always found; all others once both have seen a
   * request of the app.
   *
   * @throws ResilientPubSubError `ERR_UNKNOWN_HUB`, with the hubs that are known
   * @throws InvalidArgumentError unless it is text
   * @example
   * ```ts
   * app.use(chat, news); // plugins of two hubs
   * app.post("/headline", async (_req, res) => {
   *   res.json(await res.locals.pubsub.hub("news").broadcast({ headline: "hi" }));
   * });
   * ```
   */
  hub(name: string): ResilientPubSub;
  /** The state of the endpoints, and orders about them. */
  readonly endpoints: EndpointsControl;
  /** The agreement of all app servers; in the client-client topology. */
  readonly coordination: CoordinationControl;
  /**
   * What it can do now and why, from memory. It costs next to nothing, and answers when the plugin is
   * closed as well.
   *
   * @example
   * ```ts
   * const { state, serving } = pubsub.status(); // "ready", ["eastus"]
   * ```
   */
  status(): PubSubStatus;
  /**
   * A handler for the probes of a platform, GET and HEAD, as `application/health+json`. It answers 200
   * with the status `pass`, or `warn` while the plugin works around something; and 503 with `fail`
   * while it is starting, is being closed, or can send clients nowhere. Where the path ends in
   * `/live`, `/livez` or `/liveness` it always answers 200: a restart brings no region back.
   *
   * @throws InvalidArgumentError for an option that cannot be used
   * @example
   * ```ts
   * app.use("/status", pubsub.statusHandler({ full: (req) => req.ip === "127.0.0.1" }));
   * // readinessProbe: /status    livenessProbe: /status/live
   * ```
   */
  statusHandler(
    options?: StatusHandlerOptions,
  ): (request: IncomingMessage, response: ServerResponse, next: (error?: unknown) => void) => void;
  /**
   * Resolves when every endpoint has been found healthy or unhealthy for the first time and, in the
   * client-client topology, the store has answered. Nothing needs to wait for it: a negotiate
   * before that looks for itself. With `require` it resolves as soon as that is met, and rejects
   * when the first checks have decided otherwise.
   *
   * @throws ResilientPubSubError `ERR_NOT_READY` with `require` or `timeoutInMs`, naming endpoints
   *   and reasons; `ERR_CLOSED` with `require` once the plugin is closed; client-client:
   *   `ERR_STORE_REFUSED`, `ERR_STORE_UNAVAILABLE`, `ERR_STORE_UNREADABLE`, `ERR_ENDPOINTS_DIFFER`;
   *   the plugin goes on trying all the same;
   *   `ERR_CLOCK_STOPPED` in a test whose fake timers it would have to wait for
   * @throws InvalidArgumentError
   *
   * @example
   * ```ts
   * await pubsub.ready({ require: "any-healthy", timeoutInMs: 30_000 });
   * ```
   */
  ready(options?: ReadyOptions): Promise<void>;
  /**
   * Ends the plugin without losing anything: negotiates are answered 503 at once, requests and
   * operations under way are finished, and upstream events are still answered meanwhile; then
   * timers, store and sockets are released. It does not matter whether the server is closed before,
   * after or at the same time. Orders to `endpoints` and `coordination` are refused at once with
   * `ERR_CLOSED`; when it has ended, negotiates and events are answered 503, and operations reject with
   * `ERR_CLOSED`. Idempotent: every call returns the same promise. It does not reject
   * when a part cannot be ended, which the `closeFailed` event tells.
   *
   * @throws InvalidArgumentError for an option that cannot be used; then nothing is closed
   */
  close(options?: ShutdownOptions): Promise<void>;
}

/** What it takes to be ready, and how long to wait for it. */
export interface ReadyOptions {
  /**
   * `any-healthy`: there is an endpoint that clients can be sent to; `all-healthy`: every endpoint
   * is healthy. Default: that all have been looked at, whatever was found.
   */
  require?: "any-healthy" | "all-healthy" | undefined;
  /**
   * Goes on waiting for so many milliseconds when the first checks say no. Default: not at all,
   * unless there is an `abortSignal`.
   */
  timeoutInMs?: number | undefined;
  /** Goes on waiting until it ends, and then rejects with its reason. */
  abortSignal?: AbortSignalLike | undefined;
}

/** How a plugin is closed. */
export interface ShutdownOptions {
  /**
   * The longest to wait for what is under way, in milliseconds; 0 = not at all. New requests are
   * taken in the first half of it, operations in the first three quarters. What is not done at the
   * end is cut off, which `closeFailed` tells. Parts that do not end get four seconds more.
   * @default 10000
   */
  drainInMs?: number | undefined;
}
