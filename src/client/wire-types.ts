/*
 * The shapes of `@azure/web-pubsub-client` 1.1, under its names. They are written out so that this
 * client needs nothing at run time and nothing to be installed beside it; a test holds them against
 * the originals.
 */

/** Whatever can be said in JSON, except null. */
export type JSONTypes = string | number | boolean | object;

/** How the data of a message is to be read. */
export type WebPubSubDataType = "binary" | "json" | "text" | "protobuf";

/** The platform's `AbortSignal`, or what the Azure SDKs take for one. */
export interface AbortSignalLike {
  /** Whether it is aborted already. */
  readonly aborted: boolean;
  /** Calls the listener when it is aborted. */
  addEventListener(
    type: "abort",
    // biome-ignore lint/suspicious/noExplicitAny: as the SDKs have it, so that both fit
    listener: (this: AbortSignalLike, event: any) => any,
    // biome-ignore lint/suspicious/noExplicitAny: likewise
    options?: any,
  ): void;
  /** Calls that listener no more. */
  removeEventListener(
    type: "abort",
    // biome-ignore lint/suspicious/noExplicitAny: likewise
    listener: (this: AbortSignalLike, event: any) => any,
    // biome-ignore lint/suspicious/noExplicitAny: likewise
    options?: any,
  ): void;
}

/** Place of a message in a group stream. */
export interface StreamInfo {
  /** The publisher's name for the stream. */
  streamId: string;
  /** Counts the parts of the stream, from 1. */
  streamSequenceId: number;
  /** Nothing more comes in this stream. */
  endOfStream?: boolean | undefined;
  /** Why the stream broke off; absent when it ended well. */
  error?:
    | {
        /** Such as `IdleTimeout`, `Cancelled`, or `UserError` when the publisher gave an error. */
        name: string;
        /** For people. */
        message?: string | undefined;
        /** The code that the publisher gave, if any. */
        userErrorCode?: string | undefined;
      }
    | undefined;
}

/** A message to a group that this connection is in. */
export interface GroupDataMessage {
  /** Tells it from a `ServerDataMessage`. */
  readonly kind: "groupData";
  /** As what the sender sent it. */
  dataType: WebPubSubDataType;
  /**
   * A string for `text`, an ArrayBuffer for `binary` and `protobuf`. JSON null comes as null, for
   * which the official types have no word.
   */
  data: JSONTypes | ArrayBuffer;
  /** Reliable protocol only. Starts anew with each connection. */
  sequenceId?: number | undefined;
  /** The group it was sent to. */
  group: string;
  /**
   * User of the client that sent it. The service names none (null, or nothing at all) for an app
   * server or an anonymous client.
   */
  fromUserId: string;
  /** Where it belongs, if it is part of a stream. */
  stream?: StreamInfo | undefined;
}

/** A message from the server: to all, to the user or to the connection. */
export interface ServerDataMessage {
  /** Tells it from a `GroupDataMessage`. */
  readonly kind: "serverData";
  /** As what the server sent it. */
  dataType: WebPubSubDataType;
  /**
   * A string for `text`, an ArrayBuffer for `binary` and `protobuf`. JSON null comes as null, for
   * which the official types have no word.
   */
  data: JSONTypes | ArrayBuffer;
  /** Reliable protocol only. Starts anew with each connection. */
  sequenceId?: number | undefined;
}

/** The service's last word before it closes. */
export interface DisconnectedMessage {
  /** Tells it from a message with data. */
  readonly kind: "disconnected";
  /** Why it closes, such as the `reason` that an app server gave. */
  message: string;
}

/** Why the service refused a call. */
export interface AckMessageError {
  /** For programs, such as `Forbidden` when the client lacks the role. Empty if it has none. */
  name: string;
  /** For people. Empty if it has none. */
  message: string;
}

/** How a client is started. */
export interface StartOptions {
  /** Ends the attempt to connect, and the client with it. */
  abortSignal?: AbortSignalLike | undefined;
}

/** How a group is joined. */
export interface JoinGroupOptions {
  /**
   * What the service knows the call by: it does nothing for one that it has seen on this connection.
   *
   * @default the next number of this client
   */
  ackId?: number | undefined;
  /** Ends the wait for the answer; what was sent is not taken back. */
  abortSignal?: AbortSignalLike | undefined;
}

/** How a group is left. */
export type LeaveGroupOptions = JoinGroupOptions;

/** How an event is sent. */
export interface SendEventOptions {
  /**
   * Ask for no answer: the promise resolves when the message is handed to the socket.
   *
   * @default false
   */
  fireAndForget?: boolean | undefined;
  /**
   * What the service knows the call by: it does nothing for one that it has seen on this connection.
   *
   * @default the next number of this client
   */
  ackId?: number | undefined;
  /** Ends the wait for the answer; what was sent is not taken back. */
  abortSignal?: AbortSignalLike | undefined;
}

/** How a message is sent to a group. */
export interface SendToGroupOptions extends SendEventOptions {
  /**
   * Do not send the message back to this connection.
   *
   * @default false
   */
  noEcho?: boolean | undefined;
}

/** How an event is sent whose answer is awaited. */
export interface InvokeEventOptions {
  /**
   * What the answer is recognised by; not empty, and not that of another invocation under way.
   *
   * @default the next number of this client
   */
  invocationId?: string | undefined;
  /** Ends the wait for the answer, and tells the service that it is not awaited any more. */
  abortSignal?: AbortSignalLike | undefined;
}

/** What became of a call that succeeded. */
export interface WebPubSubResult {
  /** Undefined when no answer was asked for. */
  ackId?: number | undefined;
  /** The service had seen this `ackId` on this connection before. */
  isDuplicated: boolean;
}

/** The answer of the app server to an event. */
export interface InvokeEventResult {
  /** The one that was given, or the number of the client in its place. */
  invocationId: string;
  /** As what the app server sent it; absent when it answered without data. */
  dataType?: WebPubSubDataType | undefined;
  /** A string for `text`, an ArrayBuffer for `binary` and `protobuf`; absent as `dataType` is. */
  data?: JSONTypes | ArrayBuffer | undefined;
}

/** How a message is published. */
export interface PublishOptions {
  /**
   * How `data` is to be read.
   *
   * @default `json`
   */
  dataType?: WebPubSubDataType | undefined;
  /**
   * Do not send the message back to this connection.
   *
   * @default false
   */
  noEcho?: boolean | undefined;
  /** Ends the wait for the answer; what was sent is not taken back. */
  abortSignal?: AbortSignalLike | undefined;
}

/** What became of a message that was published. */
export interface PublishResult {
  /** Where it is in the history of its group, `<epoch>:<offset>`. */
  position: string;
}

/** How far a client has read; JSON, to be kept by the application and given to `continuity` as `since`. */
export interface SavedPositions {
  /** What opens the history. Whoever has it can read what this client may read. */
  readonly grant?: string | undefined;
  /** A position for each stream: `a` for all, `u` for the user, `g:<group>`. */
  readonly streams: Readonly<Record<string, string>>;
  /** Ids of the last connections: what was not meant for them is not meant for the next. */
  readonly connections: readonly string[];
  /** Ids of the last messages that were received: one may come once more. */
  readonly received?: readonly string[] | undefined;
}
