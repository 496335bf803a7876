import type { Codec, MessageEncoder } from "./codec.ts";
import type { Frame, Message } from "./message.ts";
import { shareFrame } from "./shared-frame.ts";

interface Numbered {
  readonly sequenceId: number;
  readonly frame: Frame;
}

/** One message on its way to many receivers, encoded at most once per wire format. */
export class Broadcast {
  /** In milliseconds since 1970. */
  readonly expiresAt: number;
  readonly #message: Message;
  readonly #frames = new Map<MessageEncoder, Frame | undefined>();
  readonly #lastNumbered = new Map<Codec, Numbered>();

  /** With a lifetime of 0 seconds the message never expires. */
  constructor(message: Message, ttlInSeconds = 0) {
    this.#message = message;
    this.expiresAt =
      ttlInSeconds === 0 ? Number.POSITIVE_INFINITY : Date.now() + ttlInSeconds * 1000;
  }

  /** Undefined when the message says nothing in this format. */
  frame(encoder: Codec): Frame;
  frame(encoder: MessageEncoder): Frame | undefined;
  frame(encoder: MessageEncoder): Frame | undefined {
    if (!this.#frames.has(encoder)) {
      const frame = encoder.encodeMessage(this.#message);
      this.#frames.set(encoder, frame && shareFrame(frame));
    }
    return this.#frames.get(encoder);
  }

  /** As `frame`, with its number for one reliable client, which often is the number for the next. */
  numbered(codec: Codec, sequenceId: number): Frame {
    const last = this.#lastNumbered.get(codec);
    if (last?.sequenceId === sequenceId) return last.frame;
    const numbered = shareFrame(codec.withSequenceId(this.frame(codec), sequenceId));
    this.#lastNumbered.set(codec, { sequenceId, frame: numbered });
    return numbered;
  }
}
