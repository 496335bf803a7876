import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { warnOfMistake } from "../errors.ts";
import type { Verdict } from "../faults/verdict.ts";
import { type Reply, refuseUpgrade, writeReply } from "./reply.ts";

export interface FrontParts {
  /** Asked when a request comes in, and once more before its answer goes out. */
  judge(): Verdict;
  /** Answers a plain request; undefined when the caller has gone. */
  answer(request: IncomingMessage): Promise<Reply | undefined>;
  /** Takes an upgrade request over; whatever it writes, it asks `mayWrite` first. */
  upgrade(upgrade: Upgrade): Promise<void>;
}

export interface Upgrade {
  readonly request: IncomingMessage;
  readonly socket: Duplex;
  readonly head: Buffer;
  /** False when the socket is gone or a fault keeps it silent; then there is nothing to do. */
  mayWrite(): boolean;
}

// Longer than most clients keep a socket, so that they do not send into one that is being closed.
const keepAliveTimeoutInMs = 65_000;

/** Everything that comes in by HTTP passes here, and here the fault of the day has its say. */
export class Front {
  readonly server: Server = createServer({ keepAliveTimeout: keepAliveTimeoutInMs });
  readonly #parts: FrontParts;
  readonly #held = new Set<Duplex>();

  constructor(parts: FrontParts) {
    this.#parts = parts;
    this.server
      .on("request", (request, response) => void this.#onRequest(request, response))
      .on("checkContinue", (request, response) => {
        if (parts.judge().kind !== "hold") response.writeContinue();
        void this.#onRequest(request, response);
      })
      .on("upgrade", (request, socket, head) => void this.#onUpgrade(request, socket, head))
      .on("clientError", (error, socket) => this.#onClientError(error, socket));
  }

  /** Destroys the sockets that a fault has kept waiting. */
  dropHeld(): void {
    for (const socket of this.#held) socket.destroy();
    this.#held.clear();
  }

  async #onRequest(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const verdict = this.#parts.judge();
    if (verdict.kind === "hold") return this.#hold(request.socket);
    const reply = verdict.kind === "answer" ? verdict : await this.#answer(request);
    if (this.#parts.judge().kind === "hold") return this.#hold(request.socket);
    if (reply && !response.destroyed) writeReply(response, reply);
  }

  async #answer(request: IncomingMessage): Promise<Reply | undefined> {
    try {
      return await this.#parts.answer(request);
    } catch (error) {
      // A mistake of ours must cost this one answer, not the process.
      warnOfMistake(error);
      return { status: 500 };
    }
  }

  async #onUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    // Without a listener, a reset by the peer would end the process.
    socket.on("error", ignore);
    const verdict = this.#parts.judge();
    if (verdict.kind === "hold") return this.#hold(socket);
    if (verdict.kind === "answer") return refuseUpgrade(socket, verdict);
    const mayWrite = (): boolean => {
      if (this.#parts.judge().kind === "hold") this.#hold(socket);
      // A client that has hung up may have left its half of the connection open.
      else if (!socket.readable) socket.destroy();
      return socket.readable && socket.writable && !this.#held.has(socket);
    };
    try {
      await this.#parts.upgrade({ request, socket, head, mayWrite });
    } catch (error) {
      warnOfMistake(error);
      if (mayWrite()) refuseUpgrade(socket, { status: 500 });
    }
  }

  #onClientError(error: NodeJS.ErrnoException, socket: Duplex): void {
    if (this.#parts.judge().kind === "hold") this.#hold(socket);
    else if (!socket.writable || error.code === "ECONNRESET") socket.destroy();
    else refuseUpgrade(socket, { status: error.code === "HPE_HEADER_OVERFLOW" ? 431 : 400 });
  }

  #hold(socket: Duplex): void {
    if (socket.destroyed || this.#held.has(socket)) return;
    this.#held.add(socket);
    socket.once("close", () => this.#held.delete(socket));
  }
}

const ignore = (): void => {};
