import type { Frame } from "../protocol/message.ts";

export interface BacklogLimits {
  readonly messages: number;
  readonly bytes: number;
}

interface Waiting {
  readonly frame: Frame;
  readonly expiresAt: number;
}

/** Frames that wait for a client that reads slowly, in order and only so many. */
export class Backlog {
  readonly #limits: BacklogLimits;
  #waiting: Waiting[] = [];
  #bytes = 0;

  constructor(limits: BacklogLimits) {
    this.#limits = limits;
  }

  get isEmpty(): boolean {
    return this.#waiting.length === 0;
  }

  /** False when no more may wait: the frame is not kept. */
  add(frame: Frame, expiresAt: number): boolean {
    const { messages, bytes } = this.#limits;
    if (this.#waiting.length >= messages || this.#bytes + frame.data.length > bytes) return false;
    this.#waiting.push({ frame, expiresAt });
    this.#bytes += frame.data.length;
    return true;
  }

  /** The oldest frame that is still worth sending. */
  take(now: number): Frame | undefined {
    for (;;) {
      const oldest = this.#waiting.shift();
      if (!oldest) return undefined;
      this.#bytes -= oldest.frame.data.length;
      if (now < oldest.expiresAt) return oldest.frame;
    }
  }

  clear(): void {
    this.#waiting = [];
    this.#bytes = 0;
  }
}
