import type { RawData, WebSocket } from "ws";

export interface IncomingFrame {
  readonly data: Buffer;
  readonly isBinary: boolean;
}

/** What a client's protocol makes of its frames. */
export interface FrameHandler {
  handle(frame: IncomingFrame): Promise<void>;
}

const maxWaiting = 32;

/**
 * The way in from one client: its frames, one at a time and in order. While one is being handled
 * the next ones wait; when too many wait, the socket is not read any more.
 */
export class Inlet {
  readonly #webSocket: WebSocket;
  readonly #handle: (frame: IncomingFrame) => Promise<void>;
  #waiting: IncomingFrame[] = [];
  #isBusy = false;
  #isMuted = false;
  #isPaused = false;
  #isClosed = false;

  constructor(webSocket: WebSocket, handle: (frame: IncomingFrame) => Promise<void>) {
    this.#webSocket = webSocket;
    this.#handle = handle;
    webSocket.on("message", (data: RawData, isBinary: boolean) => {
      if (this.#isClosed) return;
      this.#waiting.push({ data: data as Buffer, isBinary });
      this.#regulate();
      void this.#work();
    });
  }

  mute(): void {
    this.#isMuted = true;
    this.#regulate();
  }

  unmute(): void {
    this.#isMuted = false;
    this.#regulate();
    void this.#work();
  }

  /** Forgets what is waiting; nothing more is handled. */
  close(): void {
    this.#isClosed = true;
    this.#waiting = [];
    // A socket that is not read would not notice its own end.
    this.#regulate();
  }

  async #work(): Promise<void> {
    if (this.#isBusy) return;
    this.#isBusy = true;
    while (!this.#isMuted) {
      const frame = this.#waiting.shift();
      if (!frame) break;
      this.#regulate();
      await this.#handle(frame);
    }
    this.#isBusy = false;
  }

  #regulate(): void {
    const shouldPause = this.#isMuted || this.#waiting.length >= maxWaiting;
    if (shouldPause === this.#isPaused) return;
    this.#isPaused = shouldPause;
    if (shouldPause) this.#webSocket.pause();
    else this.#webSocket.resume();
  }
}
