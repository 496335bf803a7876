import { encodeJsonMessage } from "./json-frames.ts";
import type { Frame, Message } from "./message.ts";
import { encodeSimpleMessage } from "./simple-frames.ts";

/** How a connection wants its messages: bare, or in the JSON envelope. */
export type WireFormat = "simple" | "json";

const encoders: Record<WireFormat, (message: Message) => Frame> = {
  simple: encodeSimpleMessage,
  json: encodeJsonMessage,
};

/** One message on its way to many receivers, encoded at most once per wire format. */
export class Broadcast {
  readonly #message: Message;
  readonly #frames = new Map<WireFormat, Frame>();

  constructor(message: Message) {
    this.#message = message;
  }

  frame(format: WireFormat): Frame {
    let frame = this.#frames.get(format);
    if (!frame) {
      frame = encoders[format](this.#message);
      this.#frames.set(format, frame);
    }
    return frame;
  }
}
