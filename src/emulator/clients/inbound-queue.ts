import type { WebSocket } from "ws";
import type { Frame } from "../protocol/message.ts";

const maxWaiting = 32;

export interface FrameHandler {
  /** One frame at a time, in order. */
  handle(frame: Frame): Promise<void>;
  /** Takes care of a frame that needs no turn; false for every other one. */
  handleAtOnce(frame: Frame): boolean;
}

/**
 * The frames from one client, handled one at a time and in order. While one is being handled
 * the next ones wait; when too many wait, the socket is not read any more.
 */
export class InboundQueue {
  readonly #webSocket: WebSocket;
  readonly #handler: FrameHandler;
  #waiting: Frame[] = [];
  #work: Promise<void> | undefined;
  #isMuted = false;
  #isPaused = false;
  #isClosed = false;

  constructor(webSocket: WebSocket, handler: FrameHandler) {
    this.#webSocket = webSocket;
    this.#handler = handler;
  }

  add(frame: Frame): void {
    if (this.#isClosed || this.#handler.handleAtOnce(frame)) return;
    this.#waiting.push(frame);
    this.#regulate();
    this.#start();
  }

  mute(): void {
    this.#isMuted = true;
    this.#regulate();
  }

  unmute(): void {
    this.#isMuted = false;
    this.#regulate();
    this.#start();
  }

  /** Forgets what is waiting; nothing more is handled. */
  close(): void {
    this.#isClosed = true;
    this.#waiting = [];
    // A socket that is not read would not notice its own end.
    this.#regulate();
  }

  /** Resolves when every frame that has come is handled. */
  async settled(): Promise<void> {
    await this.#work;
  }

  #start(): void {
    if (this.#isMuted || this.#waiting.length === 0) return;
    this.#work ??= this.#handleAll();
  }

  async #handleAll(): Promise<void> {
    while (!this.#isMuted) {
      const frame = this.#waiting.shift();
      if (!frame) break;
      this.#regulate();
      await this.#handler.handle(frame);
    }
    this.#work = undefined;
  }

  #regulate(): void {
    const shouldPause = this.#isMuted || this.#waiting.length >= maxWaiting;
    if (shouldPause === this.#isPaused) return;
    this.#isPaused = shouldPause;
    if (shouldPause) this.#webSocket.pause();
    else this.#webSocket.resume();
  }
}
