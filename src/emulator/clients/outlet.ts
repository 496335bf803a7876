import type { Duplex } from "node:stream";
import type { WebSocket } from "ws";
import type { Broadcast, WireFormat } from "../protocol/broadcast.ts";
import { withSequenceId } from "../protocol/json-frames.ts";
import type { Frame } from "../protocol/message.ts";

export interface OutletParts {
  readonly webSocket: WebSocket;
  /** The socket below, which can be silenced. */
  readonly tcp: Duplex;
  readonly format: WireFormat;
  readonly isReliable: boolean;
}

const maxBufferedBytes = 16 * 1024 * 1024;
const maxReasonBytes = 123;

/** The way out to one client. */
export class Outlet {
  readonly #parts: OutletParts;
  readonly #onClogged: () => void;
  #lastSequenceId = 0;
  #isMuted = false;

  /** `onClogged` is called when more waits for the client than may: it must not fill our memory. */
  constructor(parts: OutletParts, onClogged: () => void) {
    this.#parts = parts;
    this.#onClogged = onClogged;
  }

  /** Writes a message in the client's own format; reliable clients get it with a number. */
  deliver(broadcast: Broadcast): void {
    const frame = broadcast.frame(this.#parts.format);
    this.write(this.#parts.isReliable ? withSequenceId(frame, ++this.#lastSequenceId) : frame);
  }

  write({ data, isBinary }: Frame): void {
    const { webSocket } = this.#parts;
    if (webSocket.readyState !== webSocket.OPEN) return;
    webSocket.send(data, { binary: isBinary });
    if (webSocket.bufferedAmount > maxBufferedBytes) this.#onClogged();
  }

  ping(): void {
    const { webSocket } = this.#parts;
    if (webSocket.readyState === webSocket.OPEN && !this.#isMuted) webSocket.ping();
  }

  close(code: number, reason: string): void {
    this.#parts.webSocket.close(code, truncateUtf8(reason, maxReasonBytes));
  }

  /** Holds back whatever is written, until it is unmuted. */
  mute(): void {
    if (this.#isMuted) return;
    this.#isMuted = true;
    this.#parts.tcp.cork();
  }

  unmute(): void {
    if (!this.#isMuted) return;
    this.#isMuted = false;
    this.#parts.tcp.uncork();
  }
}

/** Cuts between characters, not through one. */
function truncateUtf8(text: string, maxBytes: number): string {
  const bytes = Buffer.from(text);
  if (bytes.length <= maxBytes) return text;
  let end = maxBytes;
  while (((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  return bytes.toString("utf8", 0, end);
}
