import type { IncomingMessage, ServerResponse } from "node:http";
import type { CoordinationControl } from "./coordination.ts";
import type { EndpointsControl } from "./endpoints-control.ts";
import type { PubSubEventSource } from "./events.ts";
import type { PubSub } from "./pubsub.ts";

declare global {
  namespace Express {
    interface Locals {
      /** Set by `resilientPubSub` for every handler behind it. */
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
   *   `ERR_STORE_UNREADABLE`, `ERR_ENDPOINTS_DIFFER`; the plugin goes on trying all the same
   */
  ready(): Promise<void>;
  /**
   * Stops timers, waits for operations under way and releases sockets. Negotiate answers 503 and
   * operations reject with `ERR_CLOSED` from then on. Idempotent.
   */
  close(): Promise<void>;
}
