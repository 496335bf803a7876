import type { Duplex } from "node:stream";
import type { WebSocket } from "ws";
import type { Limits } from "../options/emulator-schema.ts";
import type { Frame } from "../protocol/message.ts";
import { Inlet } from "./inlet.ts";
import { Outlet } from "./outlet.ts";

export interface LinkParts {
  readonly webSocket: WebSocket;
  /** The socket below, which can be silenced. */
  readonly tcp: Duplex;
  readonly limits: Limits;
}

export interface LinkEvents {
  /** One frame at a time, in order. */
  handle(frame: Frame): Promise<void>;
  /** More waits for the client than may. */
  onClogged(): void;
  /** Once, when the socket has closed. */
  onClosed(closing: LinkClosing): void;
}

export interface LinkClosing {
  /** The client said goodbye, or broke the WebSocket protocol: it is not coming back. */
  readonly isFinal: boolean;
  /** Resolves when everything that the socket brought has been handled. */
  readonly settled: Promise<void>;
}

// What a client sends that leaves for good: a close without trouble, or without any code.
const farewellCodes = new Set([1000, 1005]);

/** One WebSocket of a client; a client that recovers has several in a row. */
export class Link {
  readonly #webSocket: WebSocket;
  readonly #inlet: Inlet;
  readonly #outlet: Outlet;
  #isAlive = true;
  #isMuted = false;

  constructor({ webSocket, tcp, limits }: LinkParts, events: LinkEvents) {
    this.#webSocket = webSocket;
    this.#inlet = new Inlet(webSocket, events.handle);
    this.#outlet = new Outlet(webSocket, tcp, limits, events.onClogged);
    let hasBrokenProtocol = false;
    // ws closes by itself after an error, with the code that fits; we hear of it as a close.
    webSocket.on("error", (error: NodeJS.ErrnoException) => {
      hasBrokenProtocol = error.code?.startsWith("WS_ERR_") ?? false;
    });
    webSocket.on("pong", () => {
      this.#isAlive = true;
    });
    webSocket.on("close", (code) => {
      const isFinal = hasBrokenProtocol || farewellCodes.has(code);
      events.onClosed({ isFinal, settled: this.#inlet.settled() });
    });
  }

  write(frame: Frame, expiresAt?: number): void {
    this.#outlet.write(frame, expiresAt);
  }

  /** What the client still sends is not heard any more. */
  close(code: number, reason: string, lastWord?: Frame): void {
    this.#inlet.close();
    this.#outlet.close(code, reason, lastWord);
  }

  /** Ends the socket without a word. */
  drop(): void {
    this.#webSocket.terminate();
  }

  /** Pings; false when the ping before has not been answered. */
  beat(): boolean {
    if (this.#isMuted) return true;
    const wasAlive = this.#isAlive;
    this.#isAlive = false;
    if (wasAlive) this.#outlet.ping();
    return wasAlive;
  }

  mute(): void {
    this.#isMuted = true;
    this.#inlet.mute();
    this.#outlet.mute();
  }

  unmute(): void {
    this.#isMuted = false;
    // While we were silent we did not listen either.
    this.#isAlive = true;
    this.#outlet.unmute();
    this.#inlet.unmute();
  }
}
