import type { DisconnectedCode, OnConnectFailedArgs, StoppedCode } from "./client-events.ts";
import type { ConnectionEnding } from "./connection-ending.ts";
import type { ConnectError, NegotiateError } from "./errors.ts";
import type { EndpointAndEpoch, NegotiatedEndpoint } from "./negotiated-endpoint.ts";

export interface ReconnectSettings {
  readonly autoReconnect: boolean;
  readonly handshakeTimeoutInMs: number;
  readonly recoveryTimeoutInMs: number;
  readonly reconnectSpreadInMs: number;
  readonly retryDelayInMs: number;
  readonly maxRetryDelayInMs: number;
}

/** What is known while there is no connection. */
export interface Search {
  /** Attempts and short-lived connections in a row. */
  readonly failures: number;
  /** What negotiate is told to have failed. */
  readonly failed: readonly string[];
  /** The connection that ended, and why it did; undefined when nothing of it matters. */
  readonly last?: EndpointAndEpoch & { readonly code: DisconnectedCode };
  /** Its end says something against the endpoint, and the endpoint has not answered since. */
  readonly isSuspect?: boolean;
  /** It may still be recovered; the attempts end with the first state that does not say so. */
  readonly isRecovering?: boolean;
  /** Negotiate has named its endpoint since, so there is nobody left to ask. */
  readonly isConfirmed?: boolean;
  /** When an attempt to recover it failed in a way that says something against the endpoint. */
  readonly refusedAt?: number;
  /** Attempts to recover it that failed since negotiate named its endpoint. */
  readonly refusals?: number;
  /** From then on a new connection is better. */
  readonly preferredUntil?: number;
}

/** How long a state lasts, where nothing else ends it. */
export interface Pause {
  readonly inMs: number;
  /** What nothing makes shorter: the server asked for it. */
  readonly minInMs?: number;
}

/** What the client does without a connection. */
export type SearchState = { readonly search: Search } & (
  | {
      readonly name: "waiting-for-turn" | "retrying-recovery" | "backing-off";
      readonly pause: Pause;
    }
  | { readonly name: "negotiating"; readonly pause?: undefined }
  | {
      readonly name: "preferring-recovery";
      readonly target: NegotiatedEndpoint;
      readonly pause: Pause;
    }
  | { readonly name: "connecting"; readonly target: NegotiatedEndpoint; readonly pause?: undefined }
);

/** What it does beside a connection. */
export type ConnectedState = {
  readonly failures: number;
  readonly at: EndpointAndEpoch;
  readonly search?: undefined;
} & (
  | { readonly name: "connected" | "confirming"; readonly pause?: undefined }
  | { readonly name: "waiting-to-confirm"; readonly pause: Pause }
  | { readonly name: "leaving"; readonly target: NegotiatedEndpoint; readonly pause?: undefined }
);

/** Where the client is, and what it waits for. */
export type ReconnectState =
  | SearchState
  | ConnectedState
  | {
      readonly name: "stopped";
      readonly code: StoppedCode;
      readonly pause?: undefined;
      readonly search?: undefined;
    };

/** What a recovery tells, as long as it does not succeed; its end is a failed attempt as well. */
export type RecoveryOccurrence =
  | { readonly type: "recovery-attempt-failed"; readonly isEndpointSuspect: boolean }
  | {
      readonly type: "recovery-ended";
      /** The endpoint has spoken, if only to say that it does not know the connection. */
      readonly hasAnswered: boolean;
    };

/** What happened. */
export type ReconnectOccurrence =
  | { readonly type: "paused" | "connected" | "recovered" }
  /** By an app server that knows better, while there is a connection. */
  | { readonly type: "advised-to-move" }
  | { readonly type: "stop-requested"; readonly code: StoppedCode }
  | { readonly type: "negotiated"; readonly target: NegotiatedEndpoint }
  | {
      readonly type: "attempt-failed";
      readonly error: NegotiateError | ConnectError;
      /** Undefined when negotiate failed. */
      readonly endpoint?: string;
    }
  | RecoveryOccurrence
  | {
      readonly type: "ended";
      readonly ending: ConnectionEnding;
      readonly openedAt: number;
      /** The service has given out what it takes to continue the connection. */
      readonly isRecoverable: boolean;
    };

/** What happened, when, and random numbers from 0 (included) to 1 (excluded) for what follows. */
export type ReconnectEvent = ReconnectOccurrence & {
  readonly now: number;
  /** When the attempt to recover that waits for an answer began, if one does. */
  readonly attemptedAt?: number | undefined;
  /** The endpoint has accepted the socket of the latest attempt, and not ended it since. */
  readonly isLetIn?: boolean | undefined;
  readonly spread: number;
  readonly backoff: number;
};

/** What the application may want to know. */
export type ReconnectNotification =
  | { readonly type: "connected" | "recovered" | "dropped" }
  | { readonly type: "lost"; readonly code: DisconnectedCode }
  | { readonly type: "connect-failed"; readonly args: OnConnectFailedArgs }
  | { readonly type: "stopped"; readonly code: StoppedCode; readonly error: Error };

/** What is to be done at once, before the new state begins. */
export type ReconnectEffect =
  | { readonly type: "start-recovery"; readonly failures: number }
  | ReconnectNotification;

/** The next state, and what is to be done. */
export type ReconnectDecision = readonly [ReconnectState, ...ReconnectEffect[]];
