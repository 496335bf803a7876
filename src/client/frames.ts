import { decodeBase64, encodeBase64 } from "./base64.ts";
import { PubSubClientError } from "./errors.ts";
import type {
  AckMessageError,
  DisconnectedMessage,
  GroupDataMessage,
  JSONTypes,
  ServerDataMessage,
  WebPubSubDataType,
} from "./wire-types.ts";

export interface ConnectedFrame {
  readonly kind: "connected";
  readonly connectionId: string;
  readonly userId: string;
  /** Reliable protocol only. */
  readonly reconnectionToken?: string;
}

export interface AckFrame {
  readonly kind: "ack";
  readonly ackId: number;
  readonly success: boolean;
  readonly error?: AckMessageError;
}

export interface InvokeResponseFrame {
  readonly kind: "invokeResponse";
  readonly invocationId: string;
  readonly success: boolean;
  readonly dataType?: WebPubSubDataType;
  readonly data?: JSONTypes | ArrayBuffer;
  readonly error?: AckMessageError;
}

/** What the service says. */
export type ServiceFrame =
  | ConnectedFrame
  | DisconnectedMessage
  | AckFrame
  | GroupDataMessage
  | ServerDataMessage
  | InvokeResponseFrame
  | { readonly kind: "pong" };

/** Data as the JSON subprotocols carry it. */
export interface EncodedData {
  readonly dataType: WebPubSubDataType;
  readonly data: unknown;
}

export const PING = JSON.stringify({ type: "ping" });

export const sequenceAck = (sequenceId: number): string =>
  JSON.stringify({ type: "sequenceAck", sequenceId });

export const cancelInvocation = (invocationId: string): string =>
  JSON.stringify({ type: "cancelInvocation", invocationId });

/** @throws PubSubClientError `ERR_INVALID_ARGUMENT` when the content is not of that type. */
export function encodeData(
  content: JSONTypes | ArrayBuffer,
  dataType: WebPubSubDataType,
): EncodedData {
  switch (dataType) {
    case "json":
      if (content === null || content === undefined) throw misfit(dataType, "anything but null");
      return { dataType, data: content };
    case "text":
      if (typeof content !== "string") throw misfit(dataType, "a string");
      return { dataType, data: content };
    case "binary":
    case "protobuf":
      if (!isArrayBuffer(content)) throw misfit(dataType, "an ArrayBuffer");
      return { dataType, data: encodeBase64(content) };
    default:
      throw new PubSubClientError(
        "ERR_INVALID_ARGUMENT",
        `dataType must be json, text, binary or protobuf, and is ${String(dataType)}.`,
      );
  }
}

// One from another realm, such as a frame, is not an instance of this realm's class.
const isArrayBuffer = (content: unknown): content is ArrayBuffer =>
  Object.prototype.toString.call(content) === "[object ArrayBuffer]";

const misfit = (dataType: string, expected: string): PubSubClientError =>
  new PubSubClientError("ERR_INVALID_ARGUMENT", `Content of type ${dataType} must be ${expected}.`);

/**
 * Reads what the service sent. Undefined for what this client does not know: the service may have
 * learned something new.
 *
 * @throws SyntaxError or DOMException when it is not the protocol at all.
 */
export function parseFrame(text: string): ServiceFrame | undefined {
  const frame = JSON.parse(text);
  switch (frame?.type) {
    case "pong":
      return { kind: "pong" };
    case "ack":
      return { ...withoutType(frame), kind: "ack" };
    case "system":
      if (frame.event !== "connected" && frame.event !== "disconnected") return undefined;
      return { ...withoutType(frame), kind: frame.event };
    case "message": {
      const kind = { group: "groupData", server: "serverData" }[frame.from as string];
      const data = decodeData(frame);
      if (kind === undefined || data === undefined) return undefined;
      return { ...withoutType(frame), data, kind };
    }
    case "invokeResponse":
      return { ...withoutType(frame), data: decodeData(frame), kind: "invokeResponse" };
    default:
      return undefined;
  }
}

// biome-ignore lint/suspicious/noExplicitAny: it came over the wire, and is what the protocol says
type WireFrame = any;

function withoutType({ type: _, ...rest }: WireFrame): WireFrame {
  return rest;
}

function decodeData({ dataType, data }: WireFrame): JSONTypes | ArrayBuffer | undefined {
  switch (dataType) {
    case "text":
    case "json":
      return data;
    case "binary":
    case "protobuf":
      return decodeBase64(data);
    default:
      return undefined;
  }
}
