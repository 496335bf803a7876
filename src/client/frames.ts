import { decodeBase64, encodeBase64 } from "./base64.ts";
import { InvalidArgumentError } from "./errors.ts";
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

// The service closes the connection of a client that sends more at once.
export const maxMessageInBytes = 1024 * 1024;

/** What the service says. */
export type ServiceFrame =
  | ConnectedFrame
  | DisconnectedMessage
  | AckFrame
  | GroupDataMessage
  | ServerDataMessage
  | InvokeResponseFrame;

export const PING = JSON.stringify({ type: "ping" });

export const sequenceAck = (sequenceId: number): string =>
  JSON.stringify({ type: "sequenceAck", sequenceId });

export const cancelInvocation = (invocationId: string): string =>
  JSON.stringify({ type: "cancelInvocation", invocationId });

/** @throws InvalidArgumentError when it is too long. */
export function encodeFrame(frame: object): string {
  return checked(JSON.stringify(frame));
}

/** @throws InvalidArgumentError when the content is not of that type, or too long. */
export function encodeDataFrame(
  frame: object,
  content: JSONTypes | ArrayBuffer,
  dataType: WebPubSubDataType,
): string {
  const data = encodeData(content, dataType);
  return checked(`${JSON.stringify({ ...frame, dataType }).slice(0, -1)},"data":${data}}`);
}

/** As JSON. @throws InvalidArgumentError when it is not of that type */
export function encodeData(content: JSONTypes | ArrayBuffer, dataType: WebPubSubDataType): string {
  switch (dataType) {
    case "json":
      return encodeJson(content);
    case "text":
      if (typeof content !== "string") throw misfit(dataType, "a string");
      return JSON.stringify(content);
    case "binary":
    case "protobuf":
      if (!isArrayBuffer(content)) throw misfit(dataType, "an ArrayBuffer");
      return JSON.stringify(encodeBase64(content));
    default:
      throw new InvalidArgumentError(
        `dataType must be json, text, binary or protobuf, and is ${String(dataType)}.`,
      );
  }
}

function encodeJson(content: unknown): string {
  let text: string | undefined;
  try {
    text = JSON.stringify(content, refuseForeign);
  } catch {
    throw misfit("json", "what JSON can hold: no bytes, Map, Set, BigInt or circle");
  }
  // NaN becomes null as well, and a function nothing at all; the service would close the connection.
  if (text === undefined || text === "null") throw misfit("json", "anything but null");
  return text;
}

// JSON would make `{}` of them, or an object of numbered members.
const FOREIGN = /(?:Map|Set|uffer|View|\wArray|Promise|Error|Blob)\]$/;

function refuseForeign(_key: string, value: unknown): unknown {
  const isObject = typeof value === "object";
  if (isObject && FOREIGN.test(Object.prototype.toString.call(value))) throw value;
  return value;
}

/** @throws InvalidArgumentError when it is too long. */
function checked(text: string): string {
  // UTF-8 needs at most three bytes for each of these characters.
  const mayBeTooLong = text.length * 3 > maxMessageInBytes;
  const bytes = mayBeTooLong ? new TextEncoder().encode(text).length : 0;
  if (bytes <= maxMessageInBytes) return text;
  const message = `A message may have 1 MiB; this one has ${bytes} bytes.`;
  throw new InvalidArgumentError(message);
}

// One from another realm, such as a frame, is not an instance of this realm's class.
const isArrayBuffer = (content: unknown): content is ArrayBuffer =>
  Object.prototype.toString.call(content) === "[object ArrayBuffer]";

const misfit = (dataType: string, expected: string): InvalidArgumentError =>
  new InvalidArgumentError(`Content of type ${dataType} must be ${expected}.`);

// biome-ignore lint/suspicious/noExplicitAny: it came over the wire, and is what the protocol says
export type WireFrame = any;

const MESSAGE_KINDS = new Map([
  ["group", "groupData"],
  ["server", "serverData"],
]);

/**
 * What the service sent says. Undefined for what this client does not know, as the service may have
 * learned something new, and for a pong, of which all that matters is that it has come.
 *
 * @param frame The JSON of it.
 * @throws DOMException when the data is not what it is said to be.
 */
export function interpretFrame(frame: WireFrame): ServiceFrame | undefined {
  switch (frame?.type) {
    case "ack":
      if (typeof frame.ackId !== "number") return undefined;
      return asKind("ack", frame, readError(frame));
    case "system":
      if (frame.event === "connected") return readGreeting(frame);
      if (frame.event !== "disconnected") return undefined;
      return asKind("disconnected", frame);
    case "message": {
      const kind = MESSAGE_KINDS.get(frame.from);
      const data = kind && decodeData(frame);
      if (data === undefined) return undefined;
      return asKind(kind, frame, { data });
    }
    case "invokeResponse":
      if (typeof frame.invocationId !== "string") return undefined;
      return asKind("invokeResponse", frame, { ...readError(frame), data: decodeData(frame) });
    default:
      return undefined;
  }
}

/** All that it says. Assigned, since engines take ten times as long to spread what has many shapes. */
function asKind(kind: string | undefined, { type: _, ...rest }: WireFrame, read = {}): WireFrame {
  return Object.assign(rest, read, { kind });
}

/** What makes a connection must be what it is used as. */
function readGreeting(frame: WireFrame): ConnectedFrame | undefined {
  const { reconnectionToken, ...rest } = frame;
  if (typeof rest.connectionId !== "string") return undefined;
  const isToken = typeof reconnectionToken === "string";
  return asKind("connected", rest, isToken ? { reconnectionToken } : {});
}

function readError({ error }: WireFrame): { error?: AckMessageError } {
  if (error === undefined || error === null) return {};
  const text = (value: unknown): string => (typeof value === "string" ? value : "");
  return { error: { ...error, name: text(error.name), message: text(error.message) } };
}

function decodeData({ dataType, data }: WireFrame): JSONTypes | ArrayBuffer | undefined {
  switch (dataType) {
    case "text":
      return data ?? undefined;
    case "json":
      // May be null, for which the official types have no word.
      return data;
    case "binary":
    case "protobuf":
      return decodeBase64(data);
    default:
      return undefined;
  }
}
