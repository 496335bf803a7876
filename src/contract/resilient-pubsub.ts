import type { RequestHandler } from "express";
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

/** The middleware, and what it offers outside a request. */
export interface ResilientPubSub extends RequestHandler, PubSub {
  readonly events: PubSubEventSource;
  readonly endpoints: EndpointsControl;
  /** The agreement of all app servers; in the client-client topology. */
  readonly coordination: CoordinationControl;
  /**
   * Resolves when every endpoint has been found healthy or unhealthy for the first time and, in the
   * client-client topology, the store has answered.
   *
   * @throws ResilientPubSubError client-client only: `ERR_STORE_REFUSED`, `ERR_STORE_UNAVAILABLE`,
   *   `ERR_STORE_UNREADABLE`, `ERR_ENDPOINTS_DIFFER`; the plugin goes on trying all the same
   */
  ready(): Promise<void>;
  /** Stops timers, waits for broadcasts under way and releases sockets. Idempotent. */
  close(): Promise<void>;
}
