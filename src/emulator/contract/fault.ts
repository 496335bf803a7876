/**
 * What can be broken apart: the health check, every other request, and the handshakes of clients.
 * The words are those of the service's network rules, which know no `Health`.
 */
export type RequestType = "RESTAPI" | "ClientConnection" | "Health";

/** How long a fault lasts. */
export interface FaultDuration {
  /**
   * The fault ends by itself after that time, in milliseconds from 1.
   *
   * @default never
   */
  durationInMs?: number | undefined;
}

/** Which requests a fault hits. */
export interface FaultScope extends FaultDuration {
  /**
   * Only these are hit.
   *
   * @default depends on the kind
   */
  requestTypes?: readonly RequestType[] | undefined;
  /**
   * The share of the requests that is hit, above 0 and up to 1.
   *
   * @default 1
   */
  share?: number | undefined;
}

/** The port refuses, every socket is destroyed and all state is lost. It must stand alone. */
export interface CrashFault extends FaultDuration {
  /** Tells it from other faults. */
  kind: "crash";
}

/**
 * TCP connects, nothing is ever answered. Hits all request types by default. When it hits every
 * client connection, those that are open stay open and fall silent too.
 */
export interface BlackholeFault extends FaultScope {
  /** Tells it from other faults. */
  kind: "blackhole";
}

/** Requests get `status`; open clients stay. Hits all request types by default. */
export interface UnhealthyFault extends FaultScope {
  /** Tells it from other faults. */
  kind: "unhealthy";
  /**
   * From 400 to 599.
   *
   * @default 503
   */
  status?: number | undefined;
  /**
   * The `Retry-After` of the answers, in whole seconds.
   *
   * @default no such header
   */
  retryAfterInSeconds?: number | undefined;
}

/** Requests get 429. Hits `RESTAPI` and `ClientConnection` by default. */
export interface ThrottleFault extends FaultScope {
  /** Tells it from other faults. */
  kind: "throttle";
  /**
   * The `Retry-After` of the answers, in whole seconds.
   *
   * @default no such header
   */
  retryAfterInSeconds?: number | undefined;
}

/**
 * Requests get 403, as without public network access. Hits `RESTAPI` and `ClientConnection` by
 * default.
 */
export interface AccessDeniedFault extends FaultScope {
  /** Tells it from other faults. */
  kind: "accessDenied";
}

/** Answers come late, to handshakes too. Hits all request types by default. */
export interface LatencyFault extends FaultScope {
  /** Tells it from other faults. */
  kind: "latency";
  /** In milliseconds. */
  delayInMs: number;
  /**
   * Up to so many milliseconds are added to the delay, at random.
   *
   * @default 0
   */
  jitterInMs?: number | undefined;
}

/** The service says that it is well, and fails. Hits `RESTAPI` by default. */
export interface GrayFault extends FaultScope {
  /** Tells it from other faults. */
  kind: "gray";
  /**
   * From 400 to 599.
   *
   * @default 500
   */
  status?: number | undefined;
}

/** A way to be broken, for `inject`. */
export type Fault =
  | CrashFault
  | BlackholeFault
  | UnhealthyFault
  | ThrottleFault
  | AccessDeniedFault
  | LatencyFault
  | GrayFault;

/** What tells one fault from another. */
export type FaultKind = Fault["kind"];
