import type { Duplex } from "node:stream";
import type { WebSocket } from "ws";
import type { Limits } from "../options/emulator-schema.ts";
import type { Frame } from "../protocol/message.ts";
import { type FrameHandler, InboundQueue } from "./inbound-queue.ts";
import { OutboundQueue } from "./outbound-queue.ts";

export interface ClientSocketOptions {
  readonly webSocket: WebSocket;
  /** The socket below, which can be silenced. */
  readonly tcp: Duplex;
  readonly limits: Limits;
}

export interface ClientSocketListener extends FrameHandler {
  /** More waits for the client than may. */
  onOverflow(): void;
  /** Once, when the socket has closed. */
  onClosed(closing: SocketClosing): void;
}

export interface SocketClosing {
  /** The client closed for good, or broke the WebSocket protocol: it is not coming back. */
  readonly isFinal: boolean;
  /** The client has said that it leaves, rather than being cut off. */
  readonly isOrderly: boolean;
  /** What the client said when it closed. */
  readonly reason: string;
  /** Resolves when everything that the socket brought has been handled. */
  readonly settled: Promise<void>;
}

// What a client sends that leaves for good: a close without trouble, or without any code.
const FINAL_CLOSE_CODES = new Set([1000, 1005]);
// What ws says of a socket that has ended without a close frame.
const CUT_OFF = 1006;

/** One WebSocket of a client; a client that recovers has several in a row. */
export class ClientSocket {
  readonly #webSocket: WebSocket;
  readonly #inbound: InboundQueue;
  readonly #outbound: OutboundQueue;
  #isAlive = true;
  #isMuted = false;

  constructor({ webSocket, tcp, limits }: ClientSocketOptions, events: ClientSocketListener) {
    this.#webSocket = webSocket;
    this.#inbound = new InboundQueue(webSocket, events);
    this.#outbound = new OutboundQueue(webSocket, tcp, limits, events.onOverflow);
    let hasBrokenProtocol = false;
    // ws closes by itself after an error, with the code that fits; we hear of it as a close.
    webSocket.on("error", (error: NodeJS.ErrnoException) => {
      hasBrokenProtocol = error.code?.startsWith("WS_ERR_") ?? false;
    });
    webSocket.on("pong", () => {
      this.#isAlive = true;
    });
    webSocket.on("close", (code, reason) => {
      events.onClosed({
        isFinal: hasBrokenProtocol || FINAL_CLOSE_CODES.has(code),
        isOrderly: !hasBrokenProtocol && code !== CUT_OFF,
        reason: reason.toString("utf8"),
        settled: this.#inbound.settled(),
      });
    });
  }

  write(frame: Frame, expiresAt?: number): void {
    this.#outbound.write(frame, expiresAt);
  }

  /** What the client still sends is not handled any more. */
  close(code: number, reason: string, finalFrame?: Frame): void {
    this.#inbound.close();
    this.#outbound.close(code, reason, finalFrame);
  }

  /** Ends the socket without a close frame. */
  drop(): void {
    this.#webSocket.terminate();
  }

  /** Pings; false when the ping before has not been answered. */
  ping(): boolean {
    if (this.#isMuted) return true;
    const wasAlive = this.#isAlive;
    this.#isAlive = false;
    if (wasAlive) this.#outbound.ping();
    return wasAlive;
  }

  mute(): void {
    this.#isMuted = true;
    this.#inbound.mute();
    this.#outbound.mute();
  }

  unmute(): void {
    this.#isMuted = false;
    // While we were silent we did not listen either.
    this.#isAlive = true;
    this.#outbound.unmute();
    this.#inbound.unmute();
  }
}
