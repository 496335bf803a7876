/** A client is connected. */
export interface ClientConnectedActivity {
  readonly kind: "clientConnected";
  readonly hub: string;
  readonly connectionId: string;
  /** Null for an anonymous client. */
  readonly userId: string | null;
  /** Undefined for a simple client. */
  readonly subprotocol: string | undefined;
}

/** A reliable client is back on a new socket. */
export interface ClientRecoveredActivity {
  readonly kind: "clientRecovered";
  readonly hub: string;
  readonly connectionId: string;
}

/** A handshake was answered with a refusal. */
export interface ClientRefusedActivity {
  readonly kind: "clientRefused";
  /** Without the query, which may hold a token. */
  readonly path: string;
  readonly status: number;
}

/** A session has ended. */
export interface ClientDisconnectedActivity {
  readonly kind: "clientDisconnected";
  readonly hub: string;
  readonly connectionId: string;
  /** Empty when the client went by itself. */
  readonly reason: string;
}

/** A REST call was answered. */
export interface RestCallActivity {
  readonly kind: "restCall";
  readonly method: string;
  /** Without the query, which may hold a token. */
  readonly path: string;
  readonly status: number;
}

/** An event was sent to an app server. */
export interface EventActivity {
  readonly kind: "event";
  readonly hub: string;
  readonly connectionId: string;
  /** Its name, such as `connected`. */
  readonly event: string;
  /** Without the query, which may hold a code. */
  readonly url: string;
  /** What the app server answered; undefined when none was reached. */
  readonly status: number | undefined;
  readonly durationInMs: number;
}

/** What is broken has changed. */
export interface FaultsActivity {
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
