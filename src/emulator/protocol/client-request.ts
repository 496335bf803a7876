import type { Metadata, Payload } from "./message.ts";

export type AckId = number | undefined;

/** What a client of a PubSub protocol may ask for, whatever the protocol. */
export type ClientRequest =
  | { readonly kind: "joinGroup" | "leaveGroup"; readonly ackId: AckId; readonly group: string }
  | {
      readonly kind: "sendToGroup";
      readonly ackId: AckId;
      readonly group: string;
      readonly noEcho: boolean;
      readonly payload: Payload;
      readonly metadata?: Metadata | undefined;
      readonly ttlInSeconds: number;
    }
  | {
      readonly kind: "event";
      readonly ackId: AckId;
      readonly event: string;
      readonly payload: Payload;
      readonly metadata?: Metadata | undefined;
    }
  | { readonly kind: "sequenceAck"; readonly sequenceId: number }
  | { readonly kind: "ping" }
  | {
      readonly kind: "invoke";
      readonly invocationId: string;
      readonly event: string;
      /** Undefined when the client sent none. */
      readonly payload: Payload | undefined;
    }
  | { readonly kind: "cancelInvocation"; readonly invocationId: string }
  | StreamRequest
  | {
      readonly kind: "setGroupState";
      readonly ackId: AckId;
      readonly group: string;
      /** Undefined clears the state. */
      readonly state: Readonly<Record<string, string>> | undefined;
    }
  | {
      readonly kind: "subscribeGroupState" | "unsubscribeGroupState";
      readonly ackId: AckId;
      readonly group: string;
    }
  /** Well formed, but with a value that cannot be: answered as a failure, the connection stays. */
  | { readonly kind: "bad"; readonly ackId: number; readonly message: string }
  | { readonly kind: "badInvocation"; readonly invocationId: string; readonly message: string };

export type StreamRequest =
  | {
      readonly kind: "streamStart";
      readonly streamId: string;
      readonly group: string;
      readonly noEcho: boolean;
      readonly idleTimeoutInMs: number;
    }
  | {
      readonly kind: "streamData";
      readonly streamId: string;
      /** Undefined when the client only keeps the stream alive. */
      readonly part: { readonly sequenceId: number; readonly payload: Payload } | undefined;
    }
  | {
      readonly kind: "streamEnd";
      readonly streamId: string;
      readonly error:
        | { readonly message?: string | undefined; readonly userErrorCode?: string | undefined }
        | undefined;
    }
  /** A value that cannot be; the stream is closed. */
  | { readonly kind: "badStream"; readonly streamId: string; readonly message: string };

/** The frame breaks the protocol; the connection cannot go on. */
export class MalformedFrameError extends Error {
  /** Of the WebSocket: invalid data, unless it says otherwise. */
  readonly closeCode: 1003 | 1007;

  constructor(message: string, closeCode: 1003 | 1007 = 1007) {
    super(message);
    this.closeCode = closeCode;
  }
}
