import type { PubSubClientError } from "./errors.ts";
import type { DisconnectedMessage, GroupDataMessage, ServerDataMessage } from "./wire-types.ts";

/** What the client is doing. `reconnecting` is the time without a connection after there was one. */
export type ClientState = "stopped" | "connecting" | "connected" | "reconnecting";

/** A new connection is up, and the groups are joined again. Not raised when one was recovered. */
export interface OnConnectedArgs {
  connectionId: string;
  userId: string;
  /** Name of the endpoint, as negotiate told it. */
  endpoint: string;
}

/** A connection is lost for good; the next one, if there is one, has another id. */
export interface OnDisconnectedArgs {
  connectionId?: string;
  /** The service's last word, if it had one. */
  message?: DisconnectedMessage;
}

/** The client has stopped and will not connect again by itself. */
export interface OnStoppedArgs {
  /** Why, unless `stop` was called. */
  error?: Error;
}

export interface OnServerDataMessageArgs {
  message: ServerDataMessage;
}

export interface OnGroupDataMessageArgs {
  message: GroupDataMessage;
}

/** The group could not be joined again; this client does not hear it any more. */
export interface OnRejoinGroupFailedArgs {
  group: string;
  error: Error;
}

/** The client is connected to another endpoint than before, or the servers have agreed anew. */
export interface OnMovedArgs {
  from: string;
  /** The same as `from` when all clients have moved away and back since (client-client topology). */
  to: string;
  /** Number of the agreement that the client follows. Absent when negotiate told none. */
  epoch?: number;
  /** From the last sign of life of the old connection until the new one was up, in milliseconds. */
  downtimeInMs: number;
}

/** An attempt to connect came to nothing; there will be another. */
export interface OnConnectFailedArgs {
  error: PubSubClientError;
  /** Undefined when negotiate failed. */
  endpoint?: string;
  /** How long until the next attempt, in milliseconds. */
  retryInMs: number;
}

export interface OnStateChangedArgs {
  state: ClientState;
  previous: ClientState;
}

/** The events of the client, by the official client's names where it has them. */
export interface ClientEvents {
  connected: OnConnectedArgs;
  disconnected: OnDisconnectedArgs;
  stopped: OnStoppedArgs;
  "server-message": OnServerDataMessageArgs;
  "group-message": OnGroupDataMessageArgs;
  "rejoin-group-failed": OnRejoinGroupFailedArgs;
  moved: OnMovedArgs;
  "connect-failed": OnConnectFailedArgs;
  "state-changed": OnStateChangedArgs;
}
