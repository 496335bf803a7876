import type { AgreementReason } from "./coordination.ts";
import type { DownReason } from "./endpoint.ts";

/** The events of `pubsub.events` and what their listeners are given. */
export interface PubSubEvents {
  /** An endpoint became healthy: for the first time, or again; then `reason` is why it was not. */
  endpointUp: { endpoint: string; reason?: DownReason };
  /** An endpoint became unhealthy. */
  endpointDown: { endpoint: string; reason: DownReason };
  /** The service refuses the credentials of an endpoint; an `endpointDown` comes with it. */
  credentialsRejected: { endpoint: string };
  /** Negotiate sends clients of `from` to `to` from now on. */
  failover: { from: string; to: string; reason: DownReason | "drained" | "forced" | "removed" };
  /** Negotiate returns to `to`, which takes precedence over `from`. */
  failback: { from: string; to: string };
  /** With `failback.close`: this server has just closed so many clients of `to` on `from`. */
  failbackClosing: { from: string; to: string; closed: number };
  /** No client of `to` is left on `from`; `closed` is how many this server has closed in all. */
  failbackDone: { from: string; to: string; closed: number };
  /** The clients of `to` on `from` could not be listed or closed; it is tried again. */
  failbackFailed: { from: string; to: string; error: unknown };
  /** No endpoint is left that negotiate could answer with. */
  allDown: { endpoints: { endpoint: string; reason: string }[] };
  /** An operator took an endpoint out of negotiate. */
  endpointDrained: { endpoint: string };
  /** An operator gave a drained endpoint back. */
  endpointUndrained: { endpoint: string };
  /** An operator prefers an endpoint over all others. */
  failoverForced: { endpoint: string };
  /** It is preferred no more: by an operator's order, for another one, or because it was removed. */
  forceCleared: { endpoint: string };
  /** An operator added an endpoint; `endpointUp` tells when it is used. */
  endpointAdded: { endpoint: string };
  /** An operator removed an endpoint: negotiate knows it no more, broadcasts still reach its clients. */
  endpointLeaving: { endpoint: string };
  /** An endpoint that was removed is gone for broadcasts as well. */
  endpointRemoved: { endpoint: string };
  /** Negotiate turns clients of an endpoint away; told once a second at most. */
  overloaded: { endpoint: string };
  /** An endpoint gave no client token; the negotiate went on with the next endpoint. */
  tokenFailed: { endpoint: string; error: unknown };
  /** Client-client: negotiate sends all clients to `active` from now on, by an agreement of all servers. */
  agreementChanged: {
    epoch: number;
    active: string;
    /** Undefined for the first agreement that this server reads. */
    previous: string | undefined;
    reason: AgreementReason;
  };
  /** Client-client: the store does not answer; this server goes on with the last agreement it has read. */
  coordinationLost: { error: unknown };
  /** Client-client: the store answers again. */
  coordinationRestored: { afterInMs: number };
  /**
   * Client-client: another server knows other endpoints than this one. Nobody is moved to an endpoint
   * that some server does not know.
   */
  endpointsDiffer: { server: string; missing: readonly string[]; unknown: readonly string[] };
  /** Client-client: clients were closed on an endpoint that is not the active one. */
  stragglersClosed: { endpoint: string; epoch: number };
  /** Client-client: such clients could not be looked for, or closed; it is tried again. */
  stragglersFailed: { endpoint: string; error: unknown };
  /** The application's own code (`handler` names which) threw or rejected. */
  handlerError: { handler: string; error: unknown };
}

/** Who is told of an event; what it throws, or rejects with, becomes a `handlerError`. */
export type PubSubListener<Name extends keyof PubSubEvents> = (
  event: PubSubEvents[Name],
) => void | Promise<void>;

/** Where events are listened to. */
export interface PubSubEventSource {
  on<Name extends keyof PubSubEvents>(name: Name, listener: PubSubListener<Name>): this;
  once<Name extends keyof PubSubEvents>(name: Name, listener: PubSubListener<Name>): this;
  off<Name extends keyof PubSubEvents>(name: Name, listener: PubSubListener<Name>): this;
}
