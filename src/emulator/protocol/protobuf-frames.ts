import protobuf from "protobufjs/light.js";
import type { Frame, Message } from "./message.ts";
import { writePayload } from "./protobuf-payload.ts";
import { serviceMessageType } from "./protobuf-schema.ts";
import type { ServiceFrame } from "./service-frame.ts";

const DATA_MESSAGE_TAG = (2 << 3) | 2;
const SEQUENCE_ID_TAG = 4 << 3;

/** Who sent it is not said: this protocol has no field for the user id. */
export function encodeProtobufMessage(message: Message): Frame {
  const { from, payload, metadata } = message;
  const { group, stream } = message.from === "group" ? message : {};
  return binaryFrame({ data: { from, group, data: writePayload(payload), metadata, stream } });
}

/** The number is appended to the inner message, which is not written again. */
export function withProtobufSequenceId({ data, isBinary }: Frame, sequenceId: number): Frame {
  const message = data.subarray(data.findIndex((byte, index) => index > 0 && byte < 0x80) + 1);
  const number = protobuf.Writer.create().uint32(SEQUENCE_ID_TAG).uint64(sequenceId).finish();
  const head = protobuf.Writer.create()
    .uint32(DATA_MESSAGE_TAG)
    .uint32(message.length + number.length)
    .finish();
  return { data: Buffer.concat([head, message, number]), isBinary };
}

export const encodeProtobufFrame = (frame: ServiceFrame): Frame => binaryFrame(describe(frame));

function describe(frame: ServiceFrame): object {
  switch (frame.kind) {
    case "connected": {
      const { connectionId, userId, reconnectionToken } = frame;
      return { system: { connected: { connectionId, userId: userId ?? "", reconnectionToken } } };
    }
    case "disconnected":
      return { system: { disconnected: { reason: frame.reason } } };
    case "ack": {
      const { ackId, error } = frame;
      return { ack: { ackId, success: error === undefined, error } };
    }
    case "invokeResponse": {
      const { invocationId, payload, error } = frame;
      const data = payload && writePayload(payload);
      return { invokeResponse: { invocationId, success: error === undefined, data, error } };
    }
    case "groupStateSnapshot":
    case "groupStateUpdate": {
      const { kind, group, items } = frame;
      const written = items.map(({ state, ...item }) => ({
        ...item,
        state: state && { entries: state },
      }));
      return { [kind]: { group, items: written } };
    }
    default: {
      const { kind, ...members } = frame;
      return { [kind]: members };
    }
  }
}

function binaryFrame(message: object): Frame {
  const encoded = serviceMessageType.encode(wellFormed(message) as object).finish();
  return { data: Buffer.from(encoded.buffer, encoded.byteOffset, encoded.length), isBinary: true };
}

const LONE_SURROGATE = /\p{Surrogate}/gu;

// protobufjs writes half of a surrogate pair, which JSON clients may send, as broken UTF-8.
function wellFormed(value: unknown): unknown {
  if (typeof value === "string") return value.replace(LONE_SURROGATE, "\ufffd");
  if (Array.isArray(value)) return value.map(wellFormed);
  if (typeof value !== "object" || value === null || Buffer.isBuffer(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [wellFormed(name), wellFormed(member)]),
  );
}
