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
  /**
   * HTTP status of the answer; 101 for a session that cannot be recovered, whose socket is opened and
   * closed with 1008.
   */
  readonly status: number;
  /** Why, and what to do about it, in a sentence or two. */
  readonly reason: string;
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

/** An app server was asked whether it takes events from this service: the validation handshake. */
export interface ValidationActivity {
  /** Tells it from other activities. */
  readonly kind: "validation";
  /** Without the query, which may hold a code. */
  readonly url: string;
  /** HTTP status that the app server answered; undefined when none was reached. */
  readonly status: number | undefined;
  /** The origins that its `WebHook-Allowed-Origin` names, as they are spelled; at most 20. */
  readonly allowedOrigins: readonly string[];
  /** What is missing, and what to do about it; undefined when the app server takes the events. */
  readonly problem: string | undefined;
}

/** An event was sent to an app server, or could not be; once for each time that it was tried. */
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
  /**
   * What it failed with: the first line of the answer's body, at most 200 characters without controls
   * and empty when there is none; or what was wrong, and what to do about it. Undefined for a success.
   */
  readonly failure: string | undefined;
  /** How long the app server took, its validation included, in milliseconds with fractions. */
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
  | ValidationActivity
  | EventActivity
  | FaultsActivity;
