/** A client is connected. */
export interface ClientConnectedActivity {
  /** Tells it from other activities. */
  readonly kind: "clientConnected";
  /** Name of the hub, in lower case. */
  readonly hub: string;
  /** The same over all sockets of a reliable client. */
  readonly connectionId: string;
  /** Null for an anonymous client. */
  readonly userId: string | null;
  /** Undefined for a simple client. */
  readonly subprotocol: string | undefined;
}

/** A reliable client is back on a new socket. */
export interface ClientRecoveredActivity {
  /** Tells it from other activities. */
  readonly kind: "clientRecovered";
  /** Name of the hub, in lower case. */
  readonly hub: string;
  /** The same over all sockets of a reliable client. */
  readonly connectionId: string;
}

/** A handshake was answered with a refusal. */
export interface ClientRefusedActivity {
  /** Tells it from other activities. */
  readonly kind: "clientRefused";
  /** Without the query, which may hold a token. */
  readonly path: string;
  /** HTTP status of the answer. */
  readonly status: number;
}

/** A session has ended. */
export interface ClientDisconnectedActivity {
  /** Tells it from other activities. */
  readonly kind: "clientDisconnected";
  /** Name of the hub, in lower case. */
  readonly hub: string;
  /** The same over all sockets of a reliable client. */
  readonly connectionId: string;
  /** Of whoever ended it, the client included; empty when none was given. */
  readonly reason: string;
}

/** A REST call was answered. */
export interface RestCallActivity {
  /** Tells it from other activities. */
  readonly kind: "restCall";
  /** Of HTTP, such as `POST`. */
  readonly method: string;
  /** Without the query, which may hold a token. */
  readonly path: string;
  /** HTTP status of the answer, be it the service's or a fault's. */
  readonly status: number;
}

/** An event was sent to an app server. */
export interface EventActivity {
  /** Tells it from other activities. */
  readonly kind: "event";
  /** Name of the hub, in lower case. */
  readonly hub: string;
  /** The same over all sockets of a reliable client. */
  readonly connectionId: string;
  /** Its name, such as `connected`. */
  readonly event: string;
  /** Without the query, which may hold a code. */
  readonly url: string;
  /** HTTP status that the app server answered; undefined when none was reached. */
  readonly status: number | undefined;
  /** How long the app server took, in milliseconds with fractions. */
  readonly durationInMs: number;
}

/** What is broken has changed. */
export interface FaultsActivity {
  /** Tells it from other activities. */
  readonly kind: "faults";
  /** The kinds of all faults from now on; nothing is broken when there are none. */
  readonly faults: readonly string[];
}

/** One thing that happened, as it is told to `onActivity`. Never with a key or a token. */
export type Activity =
  | ClientConnectedActivity
  | ClientRecoveredActivity
  | ClientRefusedActivity
  | ClientDisconnectedActivity
  | RestCallActivity
  | EventActivity
  | FaultsActivity;
