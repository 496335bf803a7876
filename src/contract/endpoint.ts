/**
 * The part an endpoint plays for this app server; another region's server has them the other way
 * round.
 */
export type EndpointRole = "primary" | "secondary";

/** Why an endpoint is not healthy. */
export type DownReason =
  /** It did not answer a health check within `health.timeoutInMs`. */
  | "timeout"
  /** Every network failure after the name was resolved: refused, reset, unreachable. */
  | "refused"
  /** Its name was not found. */
  | "dns"
  /** No secure connection: its certificate, for example, has expired. */
  | "tls"
  /** Its health route answered with another HTTP status than 200. */
  | `status(${number})`
  /** The service answers 401 or 403 to calls; its health route needs no credentials. */
  | "credentials-rejected"
  /** Its health route is green, but `health.fall` real calls in a row have failed. */
  | "failing-calls";

/** One finished health check. */
export interface ProbeRecord {
  /** When it started, epoch milliseconds. */
  readonly at: number;
  /** How long it took, in milliseconds. */
  readonly durationInMs: number;
  /** Whether it was answered 200. */
  readonly ok: boolean;
  /** Why it failed; absent when it succeeded. */
  readonly reason?: DownReason | undefined;
  /** Code of what it failed with, such as `ECONNREFUSED`; absent when there was none. */
  readonly code?: string | undefined;
}

/** Something that was asked of an endpoint and failed. */
export interface FailureRecord {
  /** When it had failed, epoch milliseconds. */
  readonly at: number;
  /** What it was: `health check`, `canary`, `client token`, or an operation such as `broadcast`. */
  readonly operation: string;
  /** HTTP status of the answer; undefined when there was none. */
  readonly status: number | undefined;
  /** Code of the error, such as `ECONNREFUSED`; undefined when it has none. */
  readonly code: string | undefined;
}

/** One authenticated send of this package's own, to nobody, that tells whether calls succeed. */
export interface CanaryRecord {
  /** When it had ended, epoch milliseconds. */
  readonly at: number;
  /** Whether the endpoint took it. */
  readonly ok: boolean;
}

/** The sockets that calls to one endpoint go through; health checks and canaries have others. */
export interface SocketUse {
  /** How many are connected. */
  readonly open: number;
  /** How many of them have a call under way. */
  readonly busy: number;
  /** How many calls wait for one. */
  readonly waiting: number;
  /** The most there may be: `service.maxSocketsPerEndpoint`. */
  readonly max: number;
}

/**
 * What both detectors, the health check and the calls, say of an endpoint together; `unknown` until
 * the first checks have decided.
 */
export type EndpointState = "unknown" | "healthy" | "unhealthy";

/** What is known of an endpoint at one moment; a copy that never changes. */
export interface EndpointSnapshot {
  /** As configured. */
  readonly name: string;
  /** As configured. */
  readonly role: EndpointRole;
  /** As configured; undefined when it was left out. */
  readonly weight: number | undefined;
  /** As configured; undefined when it was left out. */
  readonly maxClients: number | undefined;
  /** Origin of the instance, without its keys. */
  readonly url: string;
  /** Whether it works, as far as this app server knows. */
  readonly state: EndpointState;
  /** Why it is unhealthy; undefined in any other state. */
  readonly reason: DownReason | undefined;
  /** Since when it has been in its state, epoch milliseconds. */
  readonly since: number;
  /** Taken out of negotiate by an operator. */
  readonly drained: boolean;
  /** Preferred by an operator over every other endpoint. */
  readonly forced: boolean;
  /** Added at run time and never found healthy yet: not used until then. */
  readonly joining: boolean;
  /** Removed by an operator: out of negotiate, while fan-out still reaches its clients. */
  readonly leaving: boolean;
  /** Its last health check; undefined before the first has finished. */
  readonly lastProbe: ProbeRecord | undefined;
  /**
   * Its clients that have asked this app server for a review within the last four
   * `negotiate.reviewAfterInMs`, to within 2 % for up to a million. Several servers are asked by
   * their shares, which add up; clients that ask for no reviews are not counted. Undefined before
   * the first `reviewAfterInMs` is over, and where there are no reviews.
   */
  readonly clients: number | undefined;
  /**
   * Whether it has no room for another client, by `maxClients`. Those who were sent there and have
   * not asked for a review yet are counted besides `clients`.
   */
  readonly full: boolean;
  /**
   * Whether negotiate answers with it now, by the default rule: one of the endpoints among which it
   * chooses, or the one that servers have agreed on. A `router` may choose another one.
   */
  readonly serving: boolean;
  /** The last call or canary that failed; undefined when none has. It stays when others succeed. */
  readonly lastFailure: FailureRecord | undefined;
  /** The last canary that came to a result; undefined when there was none. */
  readonly lastCanary: CanaryRecord | undefined;
  /** What its calls have of sockets. */
  readonly sockets: SocketUse;
}
