import { codecOf } from "./codecs.ts";
import type { Frame, Message } from "./message.ts";
import { shareFrame } from "./shared-frame.ts";
import { encodeSimpleMessage } from "./simple-frames.ts";

/** How a connection wants its messages: bare, in the JSON envelope, or in the protobuf one. */
export type WireFormat = "simple" | "json" | "protobuf";

interface Numbered {
  readonly sequenceId: number;
  readonly frame: Frame;
}

/** One message on its way to many receivers, encoded at most once per wire format. */
export class Broadcast {
  /** In milliseconds since 1970. */
  readonly expiresAt: number;
  readonly #message: Message;
  readonly #frames = new Map<WireFormat, Frame | undefined>();
  readonly #lastNumbered = new Map<WireFormat, Numbered>();

  /** With a lifetime of 0 seconds the message never expires. */
  constructor(message: Message, ttlInSeconds = 0) {
    this.#message = message;
    this.expiresAt =
      ttlInSeconds === 0 ? Number.POSITIVE_INFINITY : Date.now() + ttlInSeconds * 1000;
  }

  /** Undefined when the message says nothing in this format. */
  frame(format: WireFormat): Frame | undefined {
    if (!this.#frames.has(format)) {
      const codec = codecOf(format);
      const frame = codec ? codec.encodeMessage(this.#message) : encodeSimpleMessage(this.#message);
      this.#frames.set(format, frame && shareFrame(frame));
    }
    return this.#frames.get(format);
  }

  /** As `frame`, with its number for one reliable client, which often is the number for the next. */
  numbered(format: WireFormat, sequenceId: number): Frame | undefined {
    const last = this.#lastNumbered.get(format);
    if (last?.sequenceId === sequenceId) return last.frame;
    const frame = this.frame(format);
    const numbered = frame && codecOf(format)?.withSequenceId(frame, sequenceId);
    if (!numbered) return undefined;
    const shared = shareFrame(numbered);
    this.#lastNumbered.set(format, { sequenceId, frame: shared });
    return shared;
  }
}
