import type { Frame, Message, Payload } from "./message.ts";

export interface AckError {
  readonly name: "Forbidden" | "InternalServerError" | "Duplicate" | "BadRequest";
  readonly message: string;
}

export interface ConnectedInfo {
  readonly connectionId: string;
  readonly userId: string | null;
  readonly reconnectionToken: string | undefined;
}

/** The order of the members is part of the contract: type, from, ..., dataType, data. */
export function encodeJsonMessage(message: Message): Frame {
  const origin =
    message.from === "server"
      ? `"from":"server"`
      : `"from":"group","group":${JSON.stringify(message.group)},` +
        `"fromUserId":${JSON.stringify(message.fromUserId)}`;
  const { dataType } = message.payload;
  return textFrame(
    `{"type":"message",${origin},"dataType":"${dataType}","data":${jsonOf(message.payload)}}`,
  );
}

/** The same message for one reliable connection, whose number is spliced in at the front. */
export function withSequenceId({ data, isBinary }: Frame, sequenceId: number): Frame {
  const head = Buffer.from(`{"sequenceId":${sequenceId},`);
  return { data: Buffer.concat([head, data.subarray(1)]), isBinary };
}

export const connectedFrame = (info: ConnectedInfo): Frame =>
  jsonFrame({ type: "system", event: "connected", ...info });

export const disconnectedFrame = (message: string): Frame =>
  jsonFrame({ type: "system", event: "disconnected", message });

export const ackFrame = (ackId: number, error?: AckError): Frame =>
  jsonFrame({ type: "ack", ackId, success: error === undefined, error });

export const pongFrame = (): Frame => jsonFrame({ type: "pong" });

export const failedInvocationFrame = (invocationId: string, message: string): Frame =>
  jsonFrame({
    type: "invokeResponse",
    invocationId,
    success: false,
    error: { name: "NotImplemented", message },
  });

export const closedStreamFrame = (streamId: string, name: string, message: string): Frame =>
  jsonFrame({ type: "streamClosed", streamId, error: { name, message } });

function jsonOf(payload: Payload): string {
  switch (payload.dataType) {
    case "text":
      return JSON.stringify(payload.text);
    case "json":
      return payload.json;
    case "binary":
      return JSON.stringify(payload.bytes.toString("base64"));
  }
}

const jsonFrame = (value: object): Frame => textFrame(JSON.stringify(value));

const textFrame = (text: string): Frame => ({ data: Buffer.from(text), isBinary: false });
