import type { EndpointRole } from "./endpoint.ts";

/** Why the servers agreed on an endpoint. */
export type AgreementReason =
  /** It is the first agreement of all. */
  | "first"
  /** A majority of the servers saw the one before unhealthy. */
  | "active-unhealthy"
  /** An operator wanted it: `switchTo`. */
  | "switched"
  /** The primary of most servers was usable for the hold-down: `coordination.failback`. */
  | "failback";

/** What all app servers answer negotiate with. */
export interface Agreement {
  /** The number of this agreement; it only grows, and each one names one endpoint. */
  readonly epoch: number;
  /** Name of the active endpoint. */
  readonly active: string;
  /** URL of the active endpoint: other servers may know another one by its name. */
  readonly url: string;
  /** When it came about, epoch milliseconds by the clock of the server that wrote it. */
  readonly since: number;
  readonly reason: AgreementReason;
}

/** What a server knows of an endpoint: `drained` is healthy, but an operator keeps it out of negotiate there. */
export type SeenState = "healthy" | "unhealthy" | "drained" | "unknown";

/** An endpoint as one server sees it. */
export interface SeenEndpoint {
  readonly name: string;
  readonly url: string;
  readonly role: EndpointRole;
  readonly state: SeenState;
}

/** All endpoints that one server knows, in the order in which it would use them. */
export type Observation = readonly SeenEndpoint[];

/** What one server knows of the agreement at one moment. */
export interface CoordinationStatus {
  /** Undefined before the first was read. */
  readonly agreement: Agreement | undefined;
  /** Id of this server; a new one each time that it starts. */
  readonly server: string;
  /** Id of the server that may move the agreement, as far as this one knows. */
  readonly leader: string | undefined;
  readonly isLeader: boolean;
  /** The other servers, as far as this one has read of them lately: all on the leader, else those at its start. */
  readonly peers: readonly { readonly server: string; readonly endpoints: Observation }[];
  readonly store: {
    readonly description: string;
    /** False from `coordinationLost` to `coordinationRestored`. */
    readonly isReachable: boolean;
    /** Why the last look at it failed; undefined when it did not. */
    readonly error: unknown;
    /** When it answered last, epoch milliseconds; undefined before the first time. */
    readonly answeredAt: number | undefined;
  };
}

/** The agreement of the app servers on one endpoint, in the client-client topology. */
export interface CoordinationControl {
  /** @throws ResilientPubSubError `ERR_WRONG_TOPOLOGY` */
  status(): CoordinationStatus;
  /**
   * Moves all clients of all servers to this endpoint. Resolves when it is agreed; the other servers
   * follow within `pollIntervalInMs`, and then the clients. Does nothing when it is active already.
   *
   * @throws ResilientPubSubError `ERR_UNKNOWN_ENDPOINT`; `ERR_UNHEALTHY_ENDPOINT` when this server does
   *   not find it usable; `ERR_ENDPOINTS_DIFFER` when another server does not know it;
   *   `ERR_STORE_UNAVAILABLE`, `ERR_STORE_REFUSED`; `ERR_WRONG_TOPOLOGY`
   */
  switchTo(name: string): Promise<Agreement>;
}
