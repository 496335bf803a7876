import type { Request } from "express";
import type { EndpointSnapshot } from "./endpoint.ts";

/**
 * What a plugin can do now:
 *
 * - `starting`: nobody can be sent anywhere yet, and not every endpoint has been looked at.
 * - `ready`: clients can be sent to an endpoint.
 * - `no-endpoint`: they cannot; a negotiate is answered 503.
 * - `draining`: `close` has been called; negotiates are answered 503.
 */
export type PubSubState = "starting" | "ready" | "no-endpoint" | "draining";

/** What is known of the history, with the option `history`. */
export interface HistoryStatus {
  /** Whether what is sent is kept: the store answers. */
  readonly isKept: boolean;
  /** What this server is sending again now, since an endpoint has not accepted it. */
  readonly outbox: {
    /** How many messages, each to one endpoint. */
    readonly underWay: number;
    /** Endpoints that have not accepted the last one either. */
    readonly failing: readonly string[];
  };
}

/** What a server knows of the agreement, in the client-client topology. */
export interface AgreementStatus {
  /** Its number; undefined before the first was read. */
  readonly epoch: number | undefined;
  /** The endpoint; undefined while there is none that this server knows. */
  readonly active: string | undefined;
  /** App servers that are known to live, this one included. */
  readonly servers: number;
  /** Whether this server reaches the store. */
  readonly isStoreReachable: boolean;
}

/** A plugin at one moment, from memory; a copy that never changes. */
export interface PubSubStatus {
  /** As configured. */
  readonly hub: string;
  /** What it can do now. */
  readonly state: PubSubState;
  /** Names of the endpoints among which a negotiate chooses now. */
  readonly serving: readonly string[];
  /** As `endpoints.snapshot()`. */
  readonly endpoints: readonly EndpointSnapshot[];
  /** Operations that have begun and not ended, such as broadcasts. */
  readonly operationsUnderWay: number;
  /** Undefined where nothing is kept. */
  readonly history: HistoryStatus | undefined;
  /** Undefined where nothing is agreed: in the client-server topology. */
  readonly agreement: AgreementStatus | undefined;
}

/** Who is told what by a status handler. */
export interface StatusHandlerOptions {
  /**
   * Whether the caller may know the endpoints: their names, URLs and states. Whoever may not, or it
   * throws, is told `pass`, `warn` or `fail` only.
   * @default nobody
   */
  full?: ((req: Request) => boolean | Promise<boolean>) | undefined;
}
