/**
 * What can be broken apart: the health check, every other request, and the handshakes of clients.
 * The words are those of the service's network rules, which know no `Health`.
 */
export type RequestType = "RESTAPI" | "ClientConnection" | "Health";

export interface FaultDuration {
  /** The fault heals by itself after that time. Defaults to never. */
  durationInMs?: number;
}

export interface FaultScope extends FaultDuration {
  /** Only these are hit; the default depends on the kind. */
  requestTypes?: readonly RequestType[];
  /** The share of the requests that is hit, above 0. Defaults to 1: all. */
  share?: number;
}

/** The port refuses, every socket is destroyed and all state is lost. It must stand alone. */
export interface CrashFault extends FaultDuration {
  kind: "crash";
}

/**
 * TCP connects, nothing is ever answered. Defaults to all request types. When it hits every client
 * connection, those that are open stay open and fall silent too.
 */
export interface BlackholeFault extends FaultScope {
  kind: "blackhole";
}

/** Requests get `status`; open clients stay. Defaults to all request types. */
export interface UnhealthyFault extends FaultScope {
  kind: "unhealthy";
  /** Defaults to 503. */
  status?: number;
  /** Defaults to no `Retry-After`. */
  retryAfterInSeconds?: number;
}

/** Requests get 429. Defaults to `RESTAPI` and `ClientConnection`. */
export interface ThrottleFault extends FaultScope {
  kind: "throttle";
  /** Defaults to no `Retry-After`. */
  retryAfterInSeconds?: number;
}

/** Requests get 403, as without public network access. Defaults to `RESTAPI` and `ClientConnection`. */
export interface AccessDeniedFault extends FaultScope {
  kind: "accessDenied";
}

/** Answers come late, to handshakes too. Defaults to all request types. */
export interface LatencyFault extends FaultScope {
  kind: "latency";
  delayInMs: number;
  /** Up to so much is added to the delay. Defaults to 0. */
  jitterInMs?: number;
}

/** The service says that it is well, and fails. Defaults to `RESTAPI`. */
export interface GrayFault extends FaultScope {
  kind: "gray";
  /** Defaults to 500. */
  status?: number;
}

/** A way to be broken. */
export type Fault =
  | CrashFault
  | BlackholeFault
  | UnhealthyFault
  | ThrottleFault
  | AccessDeniedFault
  | LatencyFault
  | GrayFault;

export type FaultKind = Fault["kind"];
