import type { PubSubClientError } from "./errors.ts";
import type { DisconnectedMessage, GroupDataMessage, ServerDataMessage } from "./wire-types.ts";

/** What the client is doing. `reconnecting` is the time without a connection after there was one. */
export type ClientState = "stopped" | "connecting" | "connected" | "reconnecting";

/** A new connection is up, and the groups are joined again. Not raised when one was recovered. */
export interface OnConnectedArgs {
  /** What the service knows the connection by, as in `sendToConnection`. */
  connectionId: string;
  /** User of the connection, by the service's account; empty for an anonymous client. */
  userId: string;
  /** Name of the endpoint, as negotiate told it. */
  endpoint: string;
}

/**
 * Why the client has stopped:
 *
 * - `stopped`: `stop` was called;
 * - `start-aborted`: the signal given to `start` ended before the first connection was up;
 * - `negotiate-refused`: negotiate answered 401 or 403;
 * - `invalid-request`: `negotiateRequest` makes no request that can be sent;
 * - `gave-up`: the connection was lost, or did not come about, and `autoReconnect` is false.
 */
export type StoppedCode =
  | "stopped"
  | "start-aborted"
  | "negotiate-refused"
  | "invalid-request"
  | "gave-up";

/**
 * Why a connection was lost:
 *
 * - `connection-lost`: it was cut, and could not be recovered;
 * - `keep-alive-timeout`: the service fell silent, and the connection could not be recovered;
 * - `closed-by-service`: the service closed it for good, for example in a failback;
 * - `protocol-error`: the service sent what cannot be read;
 * - `moved`: negotiate named another endpoint, or a newer epoch, and the client left;
 * - those of {@link StoppedCode}: the client was stopped.
 */
export type DisconnectedCode =
  | "connection-lost"
  | "keep-alive-timeout"
  | "closed-by-service"
  | "protocol-error"
  | "moved"
  | StoppedCode;

/** A connection is lost for good; the next one, if there is one, has another id. */
export interface OnDisconnectedArgs {
  /** Why. */
  code: DisconnectedCode;
  /** The connection that is lost. */
  connectionId?: string | undefined;
  /** The service's last word, if it had one; see `closeReasonOf`. */
  message?: DisconnectedMessage | undefined;
  /** What the socket was closed with, if it was. */
  closeCode?: number | undefined;
  /** What the platform said of the end, such as `read ECONNRESET`, if it said anything. */
  reason?: string | undefined;
}

/** The client has stopped and will not connect again by itself. */
export interface OnStoppedArgs {
  /** Why. */
  code: StoppedCode;
  /** What went wrong; absent when `stop` was called, or a connection was lost. */
  error?: Error | undefined;
}

/** A message from the server has come. */
export interface OnServerDataMessageArgs {
  /** With its data, and as what it was sent. */
  message: ServerDataMessage;
  /** It comes from the history, and later than it was sent. Only with `continuity`. */
  replayed?: boolean | undefined;
}

/** A message to a group has come. */
export interface OnGroupDataMessageArgs {
  /** With its data, its group and its sender. */
  message: GroupDataMessage;
  /** It comes from the history, and later than it was sent. Only with `continuity`. */
  replayed?: boolean | undefined;
}

/** The group could not be joined again; this client does not hear it any more. */
export interface OnRejoinGroupFailedArgs {
  /** Name of the group. */
  group: string;
  /** A `SendMessageError`; its `errorDetail` is what the service said, if it did. */
  error: Error;
}

/** The client is connected to another endpoint than before, or the servers have agreed anew. */
export interface OnMovedArgs {
  /** Name of the endpoint of the connection that was lost. */
  from: string;
  /** Name of the endpoint now. The same as `from` when all clients have moved away and back since (client-client topology). */
  to: string;
  /** Number of the agreement that the client follows. Absent when negotiate told none. */
  epoch?: number | undefined;
  /** From the last sign of life of the old connection until the new one was up, in milliseconds. */
  downtimeInMs: number;
  /**
   * Nothing that is logged has been lost. False: see the event `continuity`. Absent without the option
   * `continuity`, and when the history had not answered within `handshakeTimeoutInMs`.
   */
  recovered?: boolean | undefined;
}

/** What the history had of a stream. */
export interface StreamRecovery {
  /** `a` for all, `u` for the user, `g:<group>`. */
  stream: string;
  /** Every logged message up to now has been, or is about to be, delivered. */
  recovered: boolean;
  /**
   * Why not: `epoch` (the history began anew), `trimmed` (it does not go back far enough), `too-far` (more
   * messages than are given at once), `hole` (a message cannot be read), `forbidden` (the client may not
   * read the stream) or `store` (the history could not be asked in time).
   */
  reason?: string | undefined;
}

/** The history has been read: after each connection, and whenever it had something to tell. */
export interface OnContinuityArgs {
  /** Nothing is missing in any of the streams. False: ask the app server for the state of things. */
  recovered: boolean;
  /** How many messages follow that had been missed. */
  replayed: number;
  /** What was read. */
  streams: StreamRecovery[];
}

/** An attempt to connect came to nothing; there will be another, unless `autoReconnect` is false. */
export interface OnConnectFailedArgs {
  /** A `NegotiateError`, or a `ConnectError` when the endpoint did not let the client in. */
  error: PubSubClientError;
  /** Undefined when negotiate failed. */
  endpoint?: string | undefined;
  /** How long until the next attempt, in milliseconds. Infinity when there will be none. */
  retryInMs: number;
}

/** The client does something else than before. */
export interface OnStateChangedArgs {
  /** What it does now. */
  state: ClientState;
  /** What it did before. */
  previous: ClientState;
}

/** The events of the client, by the official client's names where it has them. */
export interface ClientEvents {
  /** A new connection is up, the groups are joined again, and calls that waited are sent. */
  connected: OnConnectedArgs;
  /** A connection is lost for good. */
  disconnected: OnDisconnectedArgs;
  /** It will not connect again by itself. */
  stopped: OnStoppedArgs;
  /** A message to all, to the user or to the connection. */
  "server-message": OnServerDataMessageArgs;
  /** A message to a group that the connection is in. */
  "group-message": OnGroupDataMessageArgs;
  /** A group is not heard any more. */
  "rejoin-group-failed": OnRejoinGroupFailedArgs;
  /** Raised after `connected` when the endpoint, or the servers' agreement on it, is another. */
  moved: OnMovedArgs;
  /** An attempt to connect failed; the next one follows. */
  "connect-failed": OnConnectFailedArgs;
  /** `state` has changed. */
  "state-changed": OnStateChangedArgs;
  /** The history has been read; what was missed follows. Only with the option `continuity`. */
  continuity: OnContinuityArgs;
}
