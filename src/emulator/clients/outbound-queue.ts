import type { Duplex } from "node:stream";
import type { WebSocket } from "ws";
import type { Limits } from "../options/emulator-schema.ts";
import type { Frame } from "../protocol/message.ts";
import { Backlog } from "./backlog.ts";

const maxSocketBufferBytes = 1024 * 1024;

export interface OverflowListener {
  /** More waits for the client than may. */
  onSocketOverflow(): void;
}

/** The frames to one client: what its socket does not take at once waits here. */
export class OutboundQueue {
  readonly #webSocket: WebSocket;
  readonly #tcp: Duplex;
  readonly #limits: Limits;
  readonly #listener: OverflowListener;
  // Most clients read fast enough to never need one.
  #backlog: Backlog | undefined;
  #isMuted = false;

  constructor(webSocket: WebSocket, tcp: Duplex, limits: Limits, listener: OverflowListener) {
    this.#webSocket = webSocket;
    this.#tcp = tcp;
    this.#limits = limits;
    this.#listener = listener;
  }

  /** What has not reached the socket when it expires is not sent. */
  write(frame: Frame, expiresAt = Number.POSITIVE_INFINITY): void {
    const webSocket = this.#webSocket;
    if (webSocket.readyState !== webSocket.OPEN) return;
    const isFree = this.#backlog?.isEmpty ?? true;
    if (isFree && webSocket.bufferedAmount < maxSocketBufferBytes) {
      this.#send(frame);
      return;
    }
    if (isFree) this.#awaitDrain();
    this.#backlog ??= this.#createBacklog();
    if (!this.#backlog.add(frame, expiresAt)) this.#listener.onSocketOverflow();
  }

  ping(): void {
    const webSocket = this.#webSocket;
    if (webSocket.readyState === webSocket.OPEN) webSocket.ping();
  }

  /** What still waits is not sent any more, but for a final frame. */
  close(code: number, reason: string, finalFrame?: Frame): void {
    const webSocket = this.#webSocket;
    this.#backlog?.clear();
    if (finalFrame && webSocket.readyState === webSocket.OPEN) {
      this.#send(finalFrame);
    }
    webSocket.close(code, reason);
  }

  /** Gives the socket back, which stays open: nothing more goes out, and nobody hears what comes in. */
  abandon(): Duplex {
    this.mute();
    return this.#tcp.removeAllListeners("data");
  }

  /** Holds back whatever is written, until it is unmuted. */
  mute(): void {
    if (this.#isMuted) return;
    this.#isMuted = true;
    this.#tcp.cork();
  }

  unmute(): void {
    if (!this.#isMuted) return;
    this.#isMuted = false;
    this.#tcp.uncork();
  }

  // Without compression ws queues nothing of its own, so both ways keep their order in the socket.
  #send({ data, isBinary, wire }: Frame): void {
    if (wire) this.#tcp.write(wire);
    else this.#webSocket.send(data, { binary: isBinary });
  }

  #createBacklog(): Backlog {
    const { waitingMessages: messages, waitingBytes: bytes } = this.#limits;
    return new Backlog({ messages, bytes });
  }

  #awaitDrain(): void {
    this.#tcp.once("drain", () => this.#flush());
  }

  #flush(): void {
    const webSocket = this.#webSocket;
    // Nothing may follow the close frame, which a client can ask for while much waits for it.
    if (webSocket.readyState !== webSocket.OPEN) return;
    while (webSocket.bufferedAmount < maxSocketBufferBytes) {
      const frame = this.#backlog?.take(Date.now());
      if (!frame) return;
      this.#send(frame);
    }
    this.#awaitDrain();
  }
}
