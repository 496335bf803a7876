import type { AgreementReason } from "./coordination.ts";
import type { DownReason, FailureRecord } from "./endpoint.ts";
import type { ErrorCode } from "./error-code.ts";
import type { FailureReason } from "./fan-out-report.ts";
import type { FrequentPubSubEvents } from "./frequent-events.ts";

/**
 * The events of `pubsub.events` and what their listeners are given. Endpoints are told by their
 * names. There is no event named `error`.
 */
export interface PubSubEvents extends FrequentPubSubEvents {
  /** An endpoint became healthy: for the first time, or again. */
  endpointUp: {
    /** Which one. */
    endpoint: string;
    /** Why it was unhealthy; absent the first time. */
    reason?: DownReason | undefined;
    /** For how many milliseconds it was; absent the first time. */
    downForInMs?: number | undefined;
  };
  /** An endpoint became unhealthy. */
  endpointDown: {
    /** Which one. */
    endpoint: string;
    /** What took it out. */
    reason: DownReason;
    /** The last that failed before that: a health check, or a call or canary for its reasons. */
    failure?: FailureRecord | undefined;
    /** For how many milliseconds it was healthy; absent when it had never been. */
    upForInMs?: number | undefined;
  };
  /** The service refuses the credentials of an endpoint; an `endpointDown` comes with it. */
  credentialsRejected: {
    /** Whose key or identity it is. */
    endpoint: string;
    /**
     * How far this server's clock is ahead of the service's, in milliseconds (negative: behind);
     * given when it is off by two minutes or more, which makes every token invalid.
     */
    clockSkewInMs?: number | undefined;
  };
  /**
   * Negotiate sends clients of `from` to `to` from now on. Not where servers agree on one endpoint.
   */
  failover: {
    /** The endpoint that is lost, or that an order keeps clients away from. */
    from: string;
    /** The first of those that serve now. */
    to: string;
    /** Why `from` serves no more: a `DownReason`, or the order that an operator gave. */
    reason: DownReason | "drained" | "forced" | "removed";
  };
  /** Negotiate returns to `to`, which takes precedence over `from`. */
  failback: {
    /** The endpoint that stood in. */
    from: string;
    /** The endpoint that is preferred. */
    to: string;
  };
  /**
   * With `failback.close`: a primary is back, and its displaced clients are going to be closed. To keep
   * them where they are, give `forceFailover` for their secondary, or `drain` for the primary, until they
   * are to move.
   */
  failbackPlanned: {
    /** The secondary that they are on. */
    from: string;
    /** Their primary. */
    to: string;
    /** In how many milliseconds it begins, if the primary stays up: what is left of the hold-down. */
    afterInMs: number;
    /** How many are closed in a second, by all servers together. */
    connectionsPerSecond: number;
    /** How many clients this server counts on the secondary, displaced or not; undefined before it knows. */
    clients: number | undefined;
    /** How long that takes, in milliseconds; what several servers expect adds up. */
    expectedInMs: number | undefined;
  };
  /** With `failback.close`: this server has just closed displaced clients, at its pace. */
  failbackClosing: {
    /** The secondary that they were on. */
    from: string;
    /** Their primary. */
    to: string;
    /** How many in this second. */
    closed: number;
  };
  /** No displaced client is left on a secondary. */
  failbackDone: {
    /** The secondary that they were on. */
    from: string;
    /** Their primary. */
    to: string;
    /** How many of them this server has closed. */
    closed: number;
  };
  /** Displaced clients could not be listed or closed; it is tried again. */
  failbackFailed: {
    /** The secondary that they are on. */
    from: string;
    /** Their primary. */
    to: string;
    /** What the call of the service failed with. */
    error: unknown;
  };
  /** An evacuation begins, or gets another pace. */
  evacuationStarted: {
    /** The endpoint that is evacuated. */
    endpoint: string;
    /** How many are closed in a second, by all servers together. */
    connectionsPerSecond: number;
    /** How many clients this server counts on it; undefined before it knows. */
    clients: number | undefined;
    /** How long that takes, in milliseconds; what several servers expect adds up. */
    expectedInMs: number | undefined;
  };
  /** During an evacuation: this server has just closed clients of the endpoint, at its pace. */
  evacuationClosing: {
    /** The endpoint that is evacuated. */
    endpoint: string;
    /** How many in this second. */
    closed: number;
  };
  /** Nobody is left on an endpoint that is evacuated; whoever still comes is closed as well. */
  evacuationDone: {
    /** The endpoint that is evacuated. */
    endpoint: string;
    /** How many clients this server has closed since the evacuation began. */
    closed: number;
  };
  /** Clients of an endpoint that is evacuated could not be listed or closed; it is tried again. */
  evacuationFailed: {
    /** The endpoint that is evacuated. */
    endpoint: string;
    /** What the call of the service failed with. */
    error: unknown;
  };
  /**
   * An evacuation ended before its endpoint was empty: by `stop` or `undrain`, or because the
   * endpoint was removed.
   */
  evacuationStopped: {
    /** The endpoint that is evacuated no more. */
    endpoint: string;
    /** How many clients this server has closed since the evacuation began. */
    closed: number;
  };
  /** No endpoint is left that negotiate could answer with; told once until there is one again. */
  allDown: {
    /** All endpoints, in the order of configuration. */
    endpoints: {
      /** Which one. */
      endpoint: string;
      /** Why it does not serve: a `DownReason`, `drained`, or its state. */
      reason: string;
    }[];
  };
  /** An operator took an endpoint out of negotiate. */
  endpointDrained: {
    /** Which one. */
    endpoint: string;
  };
  /** An operator gave a drained endpoint back. */
  endpointUndrained: {
    /** Which one. */
    endpoint: string;
  };
  /** An operator prefers an endpoint over all others. */
  failoverForced: {
    /** Which one. */
    endpoint: string;
  };
  /**
   * It is preferred no more: by an operator's order, for another one, or because it was removed.
   */
  forceCleared: {
    /** The one that was preferred. */
    endpoint: string;
  };
  /** An operator added an endpoint; `endpointUp` tells when it is used. */
  endpointAdded: {
    /** Which one. */
    endpoint: string;
  };
  /**
   * An operator removed an endpoint: negotiate knows it no more, broadcasts still reach its
   * clients.
   */
  endpointLeaving: {
    /** Which one. */
    endpoint: string;
  };
  /** An endpoint that was removed is gone for broadcasts as well. */
  endpointRemoved: {
    /** Which one. */
    endpoint: string;
  };
  /** Negotiate turns clients away, by `negotiate.maxPerSecond`; told once a second at most. */
  overloaded: {
    /** The endpoint that they would have been sent to. */
    endpoint: string;
  };
  /**
   * An endpoint has as many clients as it may (`endpoints[].maxClients`): new ones go elsewhere, as far
   * as there is room. Told once in a `negotiate.reviewAfterInMs` at most.
   */
  endpointFull: {
    /** Which one. */
    endpoint: string;
    /** How many this server counts on it, to within 2 %. */
    clients: number;
    /** The limit. */
    maxClients: number;
  };
  /**
   * An endpoint did not accept a message although it is in use, so its clients do not get it. Not
   * told when the caller has taken the message back.
   */
  deliveryFailed: {
    /** Which one. */
    endpoint: string;
    /** What was asked of it, such as `broadcast` or `group.sendToAll`. */
    operation: string;
    /** Whose fault it is. */
    reason: FailureReason;
    /** HTTP status of its answer; undefined when there was none. */
    status: number | undefined;
    /** Code of the error, such as `ECONNREFUSED` or `ERR_BUSY`; undefined when it has none. */
    code: string | undefined;
  };
  /** The service gave no client token; the negotiate went on with the next endpoint. */
  tokenFailed: {
    /** The endpoint that was asked. */
    endpoint: string;
    /**
     * Whose fault it is as far as that answer alone tells; a user who is refused where others are not
     * is only found out after it, and answered with `ERR_TOKEN_REFUSED`.
     */
    reason: FailureReason;
    /** HTTP status of its answer, or of the identity provider's; undefined when there was none. */
    status: number | undefined;
    /** Code of the error, such as `ERR_CREDENTIAL_FAILED`; undefined when it has none. */
    code: string | undefined;
    /** What the call of the service failed with. */
    error: unknown;
  };
  /**
   * Client-client: negotiate sends all clients to `active` from now on, by an agreement of all
   * servers.
   */
  agreementChanged: {
    /** The number of the agreement. */
    epoch: number;
    /** The endpoint that was agreed on. */
    active: string;
    /** The one before; undefined for the first agreement that this server reads. */
    previous: string | undefined;
    /** Why it is another one. */
    reason: AgreementReason;
  };
  /**
   * Client-client: the store does not answer; this server goes on with the last agreement it has
   * read.
   */
  coordinationLost: {
    /** What the last call of the store failed with. */
    error: unknown;
  };
  /** Client-client: the store answers again. */
  coordinationRestored: {
    /** How long it did not, in milliseconds. */
    afterInMs: number;
  };
  /**
   * Client-client: the store holds a record that cannot be true. The servers replace it with what
   * they last agreed on, or with a first agreement.
   */
  recordSpoilt: {
    /** What is wrong with it. */
    error: unknown;
  };
  /**
   * Client-client: another server knows other endpoints than this one. Nobody is moved to an
   * endpoint that some server does not know.
   */
  endpointsDiffer: {
    /** Id of the other server. */
    server: string;
    /** Endpoints of this server that the other does not know, or knows at another URL. */
    missing: readonly string[];
    /** Endpoints of the other that this server does not know, or knows at another URL. */
    unknown: readonly string[];
  };
  /** Client-client: clients were closed on an endpoint that is not the active one. */
  stragglersClosed: {
    /** Where they were. */
    endpoint: string;
    /** The number of the agreement that they had not followed. */
    epoch: number;
  };
  /**
   * Client-client: such clients could not be looked for, or closed, or the leader has not reached their
   * endpoint for a lease. Told once until it has succeeded; it is tried again, by all servers.
   */
  stragglersFailed: {
    /** Where they may be. */
    endpoint: string;
    /** What the call of the service failed with; `ERR_UNHEALTHY_ENDPOINT` when none was made. */
    error: unknown;
  };
  /**
   * The store of the history is away: messages are sent all the same, but nobody can catch up with
   * them. Told once until it is back.
   */
  historyLost: {
    /** What the store has failed with. */
    error: unknown;
  };
  /** The history is kept again. Clients that may have missed a message are told. */
  historyRestored: {
    /** For how long it was not, in milliseconds. */
    lostForInMs: number;
  };
  /**
   * An endpoint does not pass on the metadata of messages, by which clients tell what they have had:
   * they are given messages twice. Found out when the endpoint is first in use; the remedy is
   * `history.carrier: "data"`.
   */
  metadataDropped: {
    /** Its name. */
    endpoint: string;
  };
  /**
   * A call of the upstream route was refused: it is not the service's, or the two do not fit. Anybody
   * can make one, so it is told once a second at most for each code. What a handler of the application
   * failed with is a `handlerError` instead.
   */
  upstreamRefused: {
    /** As in the answer. */
    code: ErrorCode;
    /** The host that the sender says it is, by `WebHook-Request-Origin`; empty when it says none. */
    origin: string;
    /** What to do about it if it was the service. */
    remedy: string;
    /** How many there were with this code since it was told last, this one included. */
    count: number;
  };
  /** A part of the plugin could not be ended, or in time; everything else has been. */
  closeFailed: {
    /**
     * Which one, such as `store` or `endpoint "eastus"`; `drain`: what was under way was not
     * done within `drainInMs`.
     */
    part: string;
    /** What it failed with. */
    error: unknown;
  };
  /**
   * The application's own code threw or rejected. Without a listener it becomes a process warning.
   */
  handlerError: {
    /**
     * What failed, by its option: `router`, `upstream.handleConnect`, or `listener of "failover"`.
     */
    handler: string;
    /** What it threw. */
    error: unknown;
  };
}

/** Who is told of an event; what it throws, or rejects with, becomes a `handlerError`. */
export type PubSubListener<Name extends keyof PubSubEvents> = (
  event: PubSubEvents[Name],
) => void | Promise<void>;

/** The name of an event and what it tells: whoever looks at the name knows the type of the other. */
export type AnyPubSubEvent = {
  [Name in keyof PubSubEvents]: [name: Name, event: PubSubEvents[Name]];
}[keyof PubSubEvents];

/** Who is told of all events, as `PubSubListener` is of one. */
export type AnyPubSubListener = (...given: AnyPubSubEvent) => void | Promise<void>;

/** Which events `onAny` is about. */
export interface AnyListenerOptions {
  /**
   * Also the events of `FrequentPubSubEvents`, which come with every request and are made only for
   * those who listen.
   * @default false
   */
  includeFrequent?: boolean | undefined;
}

/** Where events are listened to. A listener can harm neither the plugin nor another listener. */
export interface PubSubEventSource {
  /**
   * Calls a listener each time. The same listener given twice is called once.
   *
   * @example
   * ```ts
   * pubsub.events.on("failover", ({ from, to, reason }) => {
   *   console.warn(`clients of ${from} go to ${to}: ${reason}`);
   * });
   * pubsub.events.on("handlerError", ({ handler, error }) => console.error(handler, error));
   * ```
   */
  on<Name extends keyof PubSubEvents>(name: Name, listener: PubSubListener<Name>): this;
  /** Calls a listener the next time only. */
  once<Name extends keyof PubSubEvents>(name: Name, listener: PubSubListener<Name>): this;
  /** Calls a listener no more; does nothing when it was not listening. */
  off<Name extends keyof PubSubEvents>(name: Name, listener: PubSubListener<Name>): this;
  /**
   * Calls a listener for every event, after those of the event itself. It does not count as listening
   * to any of them: what is a process warning where nobody listens, such as a `handlerError`, still is.
   * The same listener given twice is called once, by what was asked for last.
   *
   * @example
   * ```ts
   * pubsub.events.onAny((name, event) => {
   *   if (name === "failover") page(`clients go to ${event.to}: ${event.reason}`);
   *   logger.info({ name, event });
   * });
   * ```
   */
  onAny(listener: AnyPubSubListener, options?: AnyListenerOptions): this;
  /** Calls a listener of `onAny` no more; does nothing when it was not listening. */
  offAny(listener: AnyPubSubListener): this;
}
