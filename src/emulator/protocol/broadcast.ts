import { jsonCodec } from "./json-codec.ts";
import type { Frame, Message } from "./message.ts";
import { protobufCodec } from "./protobuf-codec.ts";
import { encodeSimpleMessage } from "./simple-frames.ts";

/** How a connection wants its messages: bare, in the JSON envelope, or in the protobuf one. */
export type WireFormat = "simple" | "json" | "protobuf";

const encoders: Record<WireFormat, (message: Message) => Frame | undefined> = {
  simple: encodeSimpleMessage,
  json: jsonCodec.encodeMessage,
  protobuf: protobufCodec.encodeMessage,
};

/** One message on its way to many receivers, encoded at most once per wire format. */
export class Broadcast {
  /** In milliseconds since 1970. */
  readonly expiresAt: number;
  readonly #message: Message;
  readonly #frames = new Map<WireFormat, Frame | undefined>();

  /** With a lifetime of 0 seconds the message never expires. */
  constructor(message: Message, ttlInSeconds = 0) {
    this.#message = message;
    this.expiresAt =
      ttlInSeconds === 0 ? Number.POSITIVE_INFINITY : Date.now() + ttlInSeconds * 1000;
  }

  /** Undefined when the message says nothing in this format. */
  frame(format: WireFormat): Frame | undefined {
    if (!this.#frames.has(format)) this.#frames.set(format, encoders[format](this.#message));
    return this.#frames.get(format);
  }
}
