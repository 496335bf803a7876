import type { Duplex } from "node:stream";
import type { WebSocket } from "ws";
import type { Frame } from "../protocol/message.ts";
import { Backlog, type BacklogLimits } from "./backlog.ts";

const maxReasonBytes = 123;
const socketBufferBytes = 1024 * 1024;

/** The way out to one client: what its socket does not take at once waits here. */
export class Outlet {
  readonly #webSocket: WebSocket;
  readonly #tcp: Duplex;
  readonly #backlog: Backlog;
  readonly #onClogged: () => void;
  #isMuted = false;

  /** `onClogged` is called when more waits for the client than may. */
  constructor(webSocket: WebSocket, tcp: Duplex, limits: BacklogLimits, onClogged: () => void) {
    this.#webSocket = webSocket;
    this.#tcp = tcp;
    this.#backlog = new Backlog(limits);
    this.#onClogged = onClogged;
  }

  /** What has not reached the socket when it expires is not sent. */
  write(frame: Frame, expiresAt = Number.POSITIVE_INFINITY): void {
    const webSocket = this.#webSocket;
    if (webSocket.readyState !== webSocket.OPEN) return;
    if (this.#backlog.isEmpty && webSocket.bufferedAmount < socketBufferBytes) {
      webSocket.send(frame.data, { binary: frame.isBinary });
      return;
    }
    if (this.#backlog.isEmpty) this.#tcp.once("drain", this.#flush);
    if (!this.#backlog.add(frame, expiresAt)) this.#onClogged();
  }

  ping(): void {
    const webSocket = this.#webSocket;
    if (webSocket.readyState === webSocket.OPEN) webSocket.ping();
  }

  /** What still waits is not sent any more, but for a last word. */
  close(code: number, reason: string, lastWord?: Frame): void {
    const webSocket = this.#webSocket;
    this.#backlog.clear();
    if (lastWord && webSocket.readyState === webSocket.OPEN) {
      webSocket.send(lastWord.data, { binary: lastWord.isBinary });
    }
    webSocket.close(code, truncateUtf8(reason, maxReasonBytes));
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

  #flush = (): void => {
    while (this.#webSocket.bufferedAmount < socketBufferBytes) {
      const frame = this.#backlog.take(Date.now());
      if (!frame) return;
      this.#webSocket.send(frame.data, { binary: frame.isBinary });
    }
    this.#tcp.once("drain", this.#flush);
  };
}

/** Cuts between characters, not through one. */
function truncateUtf8(text: string, maxBytes: number): string {
  const bytes = Buffer.from(text);
  if (bytes.length <= maxBytes) return text;
  let end = maxBytes;
  while (((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  return bytes.toString("utf8", 0, end);
}
