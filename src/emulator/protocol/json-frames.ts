import type { Frame, Message, Payload } from "./message.ts";
import type { ServiceFrame } from "./service-frame.ts";

/** The order of the members is part of the contract: type, from, ..., dataType, data. */
export function encodeJsonMessage(message: Message): Frame {
  const { payload, metadata } = message;
  const tail = metadata ? `,"metadata":${JSON.stringify(metadata)}` : "";
  return textFrame(`{"type":"message",${originOf(message)},${contentOf(payload)}${tail}}`);
}

/** The number is spliced in at the front: the message itself is not written again. */
export function withJsonSequenceId({ data, isBinary }: Frame, sequenceId: number): Frame {
  const head = Buffer.from(`{"sequenceId":${sequenceId},`);
  return { data: Buffer.concat([head, data.subarray(1)]), isBinary };
}

export function encodeJsonFrame(frame: ServiceFrame): Frame {
  return textFrame(textOf(frame));
}

function textOf(frame: ServiceFrame): string {
  switch (frame.kind) {
    case "connected": {
      const { userId, connectionId, reconnectionToken } = frame;
      return describe("system", { event: "connected", userId, connectionId, reconnectionToken });
    }
    case "disconnected":
      return describe("system", { event: "disconnected", message: frame.reason });
    case "ack": {
      const { ackId, error } = frame;
      return describe("ack", { ackId, success: error === undefined, error });
    }
    case "invokeResponse": {
      const { invocationId, payload, error } = frame;
      const head = describe("invokeResponse", {
        invocationId,
        success: error === undefined,
        error,
      });
      return payload ? `${head.slice(0, -1)},${contentOf(payload)}}` : head;
    }
    default: {
      const { kind, ...members } = frame;
      return describe(kind, members);
    }
  }
}

function originOf(message: Message): string {
  if (message.from === "server") return `"from":"server"`;
  const { group, fromUserId, stream } = message;
  const place = stream ? `,"stream":${JSON.stringify(stream)}` : "";
  return (
    `"from":"group","group":${JSON.stringify(group)},` +
    `"fromUserId":${JSON.stringify(fromUserId)}${place}`
  );
}

const contentOf = (payload: Payload): string =>
  `"dataType":"${payload.dataType}","data":${jsonOf(payload)}`;

function jsonOf(payload: Payload): string {
  switch (payload.dataType) {
    case "text":
      return JSON.stringify(payload.text);
    case "json":
      return payload.json;
    case "binary":
    case "protobuf":
      return JSON.stringify(payload.bytes.toString("base64"));
  }
}

const describe = (type: string, members: object): string => JSON.stringify({ type, ...members });

const textFrame = (text: string): Frame => ({ data: Buffer.from(text), isBinary: false });
