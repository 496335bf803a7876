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
  readonly aborted: boolean;
  addEventListener(
    type: "abort",
    // biome-ignore lint/suspicious/noExplicitAny: as the SDKs have it, so that both fit
    listener: (this: AbortSignalLike, event: any) => any,
    // biome-ignore lint/suspicious/noExplicitAny: likewise
    options?: any,
  ): void;
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
  streamId: string;
  streamSequenceId: number;
  endOfStream?: boolean;
  error?: { name: string; message?: string; userErrorCode?: string };
}

/** A message to a group that this connection is in. */
export interface GroupDataMessage {
  readonly kind: "groupData";
  dataType: WebPubSubDataType;
  /** A string for `text`, an ArrayBuffer for `binary` and `protobuf`. */
  data: JSONTypes | ArrayBuffer;
  /** Reliable protocol only. Starts anew with each connection. */
  sequenceId?: number;
  group: string;
  fromUserId: string;
  stream?: StreamInfo;
}

/** A message from the server: to all, to the user or to the connection. */
export interface ServerDataMessage {
  readonly kind: "serverData";
  dataType: WebPubSubDataType;
  /** A string for `text`, an ArrayBuffer for `binary` and `protobuf`. */
  data: JSONTypes | ArrayBuffer;
  /** Reliable protocol only. Starts anew with each connection. */
  sequenceId?: number;
}

/** The service's last word before it closes. */
export interface DisconnectedMessage {
  readonly kind: "disconnected";
  message: string;
}

/** Why the service refused a call. */
export interface AckMessageError {
  name: string;
  message: string;
}

export interface StartOptions {
  /** Ends the attempt to connect, and the client with it. */
  abortSignal?: AbortSignalLike;
}

export interface JoinGroupOptions {
  /** @default the next number of this client */
  ackId?: number;
  abortSignal?: AbortSignalLike;
}

export type LeaveGroupOptions = JoinGroupOptions;

export interface SendEventOptions {
  /**
   * Ask for no answer: the promise resolves when the message is handed to the socket.
   *
   * @default false
   */
  fireAndForget?: boolean;
  /** @default the next number of this client */
  ackId?: number;
  abortSignal?: AbortSignalLike;
}

export interface SendToGroupOptions extends SendEventOptions {
  /**
   * Do not send the message back to this connection.
   *
   * @default false
   */
  noEcho?: boolean;
}

export interface InvokeEventOptions {
  /** @default the next number of this client */
  invocationId?: string;
  /** Cancels the invocation. */
  abortSignal?: AbortSignalLike;
}

export interface WebPubSubResult {
  /** Undefined when no answer was asked for. */
  ackId?: number;
  /** The service had seen this `ackId` on this connection before. */
  isDuplicated: boolean;
}

export interface InvokeEventResult {
  invocationId: string;
  dataType?: WebPubSubDataType;
  data?: JSONTypes | ArrayBuffer;
}
