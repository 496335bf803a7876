import type { IncomingMessage, ServerResponse } from "node:http";
import type { CoordinationControl } from "./coordination.ts";
import type { EndpointsControl } from "./endpoints-control.ts";
import type { PubSubEventSource } from "./events.ts";
import type { PubSub } from "./pubsub.ts";

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
 * await pubsub.ready();
 * const server = app.listen(3000);
 * process.once("SIGTERM", () => server.close(() => pubsub.close()));
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
   * Resolves when every endpoint has been found healthy or unhealthy for the first time and, in the
   * client-client topology, the store has answered. Nothing needs to wait for it: a negotiate
   * before that looks for itself.
   *
   * @throws ResilientPubSubError client-client only: `ERR_STORE_REFUSED`, `ERR_STORE_UNAVAILABLE`,
   *   `ERR_STORE_UNREADABLE`, `ERR_ENDPOINTS_DIFFER`; the plugin goes on trying all the same.
   *   `ERR_CLOCK_STOPPED` in a test whose fake timers it would have to wait for
   */
  ready(): Promise<void>;
  /**
   * Stops timers, waits for operations under way and releases sockets. Negotiate answers 503 and
   * operations reject with `ERR_CLOSED` from then on. Idempotent.
   */
  close(): Promise<void>;
}
