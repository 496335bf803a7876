import type { EndpointRole } from "./endpoint.ts";

/** Why the servers agreed on an endpoint. */
export type AgreementReason =
  /** It is the first agreement of all. */
  | "first"
  /** A majority of the servers saw the one before unhealthy, or none of them knew it. */
  | "active-unhealthy"
  /** An operator wanted it: `switchTo`. */
  | "switched"
  /** The primary of most servers was usable for the hold-down: `coordination.failback`. */
  | "failback";

/** What all app servers answer negotiate with. */
export interface Agreement {
  /**
   * The number of this agreement. It only grows, and each one names one endpoint, as long as the store
   * loses nothing.
   */
  readonly epoch: number;
  /**
   * Drawn at random for each agreement. So number and incarnation together name one endpoint whatever
   * a store loses, such as the last second in a failover, after which the same number may be given again.
   */
  readonly incarnation: string;
  /** Name of the active endpoint. */
  readonly active: string;
  /** URL of the active endpoint: other servers may know another one by its name. */
  readonly url: string;
  /** When it came about, epoch milliseconds by the clock of the server that wrote it. */
  readonly since: number;
  /** Why it is no longer the one before. */
  readonly reason: AgreementReason;
}

/**
 * What a server knows of an endpoint. `drained` is healthy, but an operator keeps it out of negotiate
 * there; `unknown` has not answered its first health check yet.
 */
export type SeenState = "healthy" | "unhealthy" | "drained" | "unknown";

/** An endpoint as one server sees it. */
export interface SeenEndpoint {
  /** Its name on that server. */
  readonly name: string;
  /** Its URL on that server. */
  readonly url: string;
  /** Its role for that server. */
  readonly role: EndpointRole;
  /** Its state for that server. */
  readonly state: SeenState;
}

/** All endpoints that one server knows, its primaries first, else in the order of configuration. */
export type Observation = readonly SeenEndpoint[];

/** What one server knows of the agreement at one moment. */
export interface CoordinationStatus {
  /** What it answers negotiate with; undefined before the first was read. */
  readonly agreement: Agreement | undefined;
  /** Id of this server; a new one each time that it starts. */
  readonly server: string;
  /** Id of the server that may move the agreement, as far as this one knows. */
  readonly leader: string | undefined;
  /** Whether this server is the leader, as far as it knows. */
  readonly isLeader: boolean;
  /** The other servers that live, as far as this one knows: on the leader all of them, else mostly none. */
  readonly peers: readonly PeerStatus[];
  /** Whether this server reaches the store. */
  readonly store: StoreStatus;
}

/** Another server, as the store knows it. */
export interface PeerStatus {
  /** Its id. */
  readonly server: string;
  /** What it sees. */
  readonly endpoints: Observation;
}

/** The store of one server, as that server knows it. */
export interface StoreStatus {
  /** What it is; without any secret. */
  readonly description: string;
  /** False before the first answer, and from `coordinationLost` to `coordinationRestored`. */
  readonly isReachable: boolean;
  /** Why the last look at it failed; undefined when it did not. */
  readonly error: unknown;
  /** When it answered last, epoch milliseconds; undefined before the first time. */
  readonly answeredAt: number | undefined;
}

/** The agreement of the app servers on one endpoint, in the client-client topology. */
export interface CoordinationControl {
  /**
   * Tells what this server knows of the agreement, its peers and the store, from memory.
   *
   * @throws ResilientPubSubError `ERR_WRONG_TOPOLOGY`
   */
  status(): CoordinationStatus;
  /**
   * Moves all clients of all servers to this endpoint. Resolves when it is agreed; the other servers
   * follow within `pollIntervalInMs`, and then the clients. Does nothing when it is active already.
   *
   * @param name Name of the endpoint on this server.
   * @returns The agreement on it.
   * @throws ResilientPubSubError `ERR_UNKNOWN_ENDPOINT`; `ERR_UNHEALTHY_ENDPOINT` when this server does
   *   not find it usable; `ERR_ENDPOINTS_DIFFER` when another server does not know it;
   *   `ERR_STORE_UNAVAILABLE`, `ERR_STORE_REFUSED`, `ERR_STORE_UNREADABLE`; `ERR_WRONG_TOPOLOGY`;
   *   `ERR_CLOSED`
   * @example
   * ```ts
   * const { epoch } = await pubsub.coordination.switchTo("westus");
   * console.log(`all clients move to westus by agreement ${epoch}`);
   * ```
   */
  switchTo(name: string): Promise<Agreement>;
}
