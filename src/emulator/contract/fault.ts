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

/**
 * Connections pass no more than so many bytes in a second, each by itself: the WebSockets of clients
 * and the connections of callers alike, those that are open and those that come. What does not get
 * through yet waits at whoever sends it.
 */
export interface SlowLinkFault extends FaultDuration {
  /** Tells it from other faults. */
  kind: "slow-link";
  /** One figure for either way, or one for each; whole numbers from 1. */
  bytesPerSecond:
    | number
    | {
        /**
         * To the service.
         *
         * @default as fast as ever
         */
        up?: number | undefined;
        /**
         * From the service.
         *
         * @default as fast as ever
         */
        down?: number | undefined;
      };
  /**
   * The share of the connections that is slow, above 0 and up to 1.
   *
   * @default 1
   */
  share?: number | undefined;
}

/**
 * The service has given up connections, and nobody has heard of it. Clients that are connected stay
 * so and are dead: what they send is swallowed, nothing comes, and they hear of no end before the
 * fault is over. For the service they are gone. New requests and handshakes are taken, and get no
 * answer. Hits all request types by default; with a `share` of the connected clients, that many.
 */
export interface HalfOpenFault extends FaultScope {
  /** Tells it from other faults. */
  kind: "half-open";
}

/**
 * New connections are shown a certificate that no client should take; open ones go on. For an
 * emulator with TLS only. Clients that trust `emulator.certificate` refuse it for what is wrong with
 * it; where the certificate was given in the options, they do not know its issuer either.
 */
export interface TlsFault extends FaultDuration {
  /** Tells it from other faults. */
  kind: "tls";
  /** For the name of another host, or one whose time is over. */
  certificate: "wrong" | "expired";
}

/** The name of the service cannot be resolved by whoever asks `emulator.lookup`. */
export interface DnsFault extends FaultDuration {
  /** Tells it from other faults. */
  kind: "dns";
  /**
   * The error code of the lookup; `none` lets it wait until the fault is over.
   *
   * @default "ENOTFOUND"
   */
  answer?: "ENOTFOUND" | "EAI_AGAIN" | "none" | undefined;
  /**
   * The share of the lookups that is hit, above 0 and up to 1.
   *
   * @default 1
   */
  share?: number | undefined;
}

/**
 * A firewall in front of the service does not like a text: requests with it in their body, path or
 * query get `status`, and so do handshakes with it in their URL. The frames of clients pass, as
 * firewalls do not look into WebSockets. Hits `RESTAPI` and `ClientConnection` by default.
 */
export interface PoisonFault extends FaultScope {
  /** Tells it from other faults. */
  kind: "poison";
  /** From 1 to 1024 characters, exactly as they are sent. */
  text: string;
  /**
   * From 400 to 599.
   *
   * @default 403
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
  | GrayFault
  | SlowLinkFault
  | HalfOpenFault
  | TlsFault
  | DnsFault
  | PoisonFault;

/** What tells one fault from another. */
export type FaultKind = Fault["kind"];
