import type { Frame } from "../protocol/message.ts";

export interface UnacknowledgedLimits {
  readonly messages: number;
  readonly bytes: number;
}

export interface NumberedFrame {
  readonly sequenceId: number;
  /** Without its number; that is written in on the way out. */
  readonly frame: Frame;
  readonly expiresAt: number;
}

/** The messages that a reliable client has not said it has; they are sent again after a recovery. */
export class Unacknowledged {
  readonly #limits: UnacknowledgedLimits;
  #frames: NumberedFrame[] = [];
  #bytes = 0;
  #lastSequenceId = 0;

  constructor(limits: UnacknowledgedLimits) {
    this.#limits = limits;
  }

  /** Undefined when the client owes more acknowledgements than it may. */
  add(frame: Frame, expiresAt: number, now: number): NumberedFrame | undefined {
    if (this.#isFull(frame)) this.#dropExpired(now);
    if (this.#isFull(frame)) return undefined;
    this.#lastSequenceId += 1;
    const numbered = { sequenceId: this.#lastSequenceId, frame, expiresAt };
    this.#frames.push(numbered);
    this.#bytes += frame.data.length;
    return numbered;
  }

  /** The client has everything up to and with this number. */
  acknowledge(sequenceId: number): void {
    const first = this.#frames.findIndex((frame) => frame.sequenceId > sequenceId);
    this.#keep(first === -1 ? [] : this.#frames.slice(first));
  }

  pending(now: number): readonly NumberedFrame[] {
    this.#dropExpired(now);
    return this.#frames;
  }

  #isFull(frame: Frame): boolean {
    const { messages, bytes } = this.#limits;
    return this.#frames.length >= messages || this.#bytes + frame.data.length > bytes;
  }

  #dropExpired(now: number): void {
    this.#keep(this.#frames.filter(({ expiresAt }) => now < expiresAt));
  }

  #keep(frames: NumberedFrame[]): void {
    this.#frames = frames;
    this.#bytes = frames.reduce((sum, { frame }) => sum + frame.data.length, 0);
  }
}
