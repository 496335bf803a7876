import type { Duplex } from "node:stream";
import type { RawData } from "ws";
import type { Limits } from "../options/emulator-schema.ts";
import type { Frame } from "../protocol/message.ts";
import type { ClientWebSocket, WebSocketOwner } from "./client-web-socket.ts";
import { type FrameHandler, InboundQueue } from "./inbound-queue.ts";
import { OutboundQueue } from "./outbound-queue.ts";

export interface ClientSocketOptions {
  readonly webSocket: ClientWebSocket;
  /** The socket below, which can be silenced. */
  readonly tcp: Duplex;
  readonly limits: Limits;
}

export interface ClientSocketListener extends FrameHandler {
  /** More waits for the client than may. */
  onSocketOverflow(): void;
  /** Once, when the socket has closed. */
  onSocketClosed(socket: ClientSocket, closing: SocketClosing): void;
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
export class ClientSocket implements WebSocketOwner {
  readonly #webSocket: ClientWebSocket;
  readonly #listener: ClientSocketListener;
  readonly #inbound: InboundQueue;
  readonly #outbound: OutboundQueue;
  #isAlive = true;
  #isMuted = false;
  #hasBrokenProtocol = false;

  constructor({ webSocket, tcp, limits }: ClientSocketOptions, listener: ClientSocketListener) {
    this.#webSocket = webSocket;
    this.#listener = listener;
    this.#inbound = new InboundQueue(webSocket, listener);
    this.#outbound = new OutboundQueue(webSocket, tcp, limits, listener);
    webSocket.setOwner(this);
  }

  onMessage(data: RawData, isBinary: boolean): void {
    this.#inbound.add({ data: data as Buffer, isBinary });
  }

  onPong(): void {
    this.#isAlive = true;
  }

  /** ws closes by itself after an error, with the code that fits; we hear of it as a close. */
  onError({ code }: NodeJS.ErrnoException): void {
    this.#hasBrokenProtocol = code?.startsWith("WS_ERR_") ?? false;
  }

  onClose(code: number, reason: Buffer): void {
    this.#listener.onSocketClosed(this, {
      isFinal: this.#hasBrokenProtocol || FINAL_CLOSE_CODES.has(code),
      isOrderly: !this.#hasBrokenProtocol && code !== CUT_OFF,
      reason: reason.toString("utf8"),
      settled: this.settled(),
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

  /** Lets go of the socket below, which stays open; nobody reads it or writes to it any more. */
  abandon(): Duplex {
    return this.#outbound.abandon();
  }

  /** Resolves when everything that the socket has brought is handled. */
  settled(): Promise<void> {
    return this.#inbound.settled();
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
