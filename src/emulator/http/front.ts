import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import type { TlsCertificate } from "../contract/emulator-options.ts";
import type { RequestType } from "../contract/fault.ts";
import type { Judgement } from "../faults/breakage.ts";
import type { ActiveFault } from "../faults/fault-options.ts";
import type { Observe } from "../reporting/activity-observer.ts";
import { warnOfMistake } from "../reporting/warnings.ts";
import { answerSafely, type Reply, refuseUpgrade, writeReply } from "./reply.ts";
import { createWebServer, screenConnections, type WebServer } from "./server.ts";
import { splitTarget } from "./target.ts";
import { WaitingRoom } from "./waiting-room.ts";

export interface FrontParts {
  /** Asked once for each request. */
  judge(type: RequestType): Judgement;
  /** The fault that leaves every newcomer without an answer. */
  wholeHold(): ActiveFault | undefined;
  /** A door that no fault can close. */
  readonly admin: Door | undefined;
  /** Answers a plain request; undefined when the caller has gone. */
  answer(request: IncomingMessage): Promise<Reply | undefined>;
  /** Takes an upgrade request over; whatever it writes, it asks `mayWrite` first. */
  upgrade(upgrade: Upgrade): Promise<void>;
  readonly observe: Observe;
  /** Speaks https when given. */
  readonly certificate: TlsCertificate | undefined;
}

export interface Door {
  owns(request: IncomingMessage): boolean;
  answer(request: IncomingMessage): Promise<Reply | undefined>;
}

export interface Upgrade {
  readonly request: IncomingMessage;
  readonly socket: Duplex;
  readonly head: Buffer;
  /** False when the socket is gone or a fault keeps it silent; then there is nothing to do. */
  mayWrite(): boolean;
}

/** Everything that comes in by HTTP passes here, and here the faults have their say. */
export class Front {
  readonly server: WebServer;
  readonly #parts: FrontParts;
  readonly #waiting = new WaitingRoom();

  constructor(parts: FrontParts) {
    this.#parts = parts;
    this.server = createWebServer(parts.certificate);
    // The handshake of TLS would be an answer already.
    if (parts.certificate && !parts.admin) this.#holdBeforeTls();
    this.server
      .on("request", (request, response) => void this.#onRequest(request, response))
      .on("checkContinue", (request, response) => {
        void this.#onRequest(request, response, () => response.writeContinue());
      })
      .on("upgrade", (request, socket, head) => void this.#onUpgrade(request, socket, head))
      .on("clientError", (error, socket) => this.#onClientError(error, socket));
  }

  /** Sends out what these faults have delayed, and destroys the sockets that they have held. */
  release(over: readonly ActiveFault[]): void {
    this.#waiting.release(over);
  }

  async #onRequest(
    request: IncomingMessage,
    response: ServerResponse,
    askForBody = (): void => {},
  ): Promise<void> {
    const { admin } = this.#parts;
    if (admin?.owns(request)) {
      askForBody();
      return send(response, await answerSafely(() => admin.answer(request)));
    }
    const type = typeOf(request);
    const judgement = this.#parts.judge(type);
    const { verdict } = judgement;
    if (verdict.kind === "hold") return this.#holdRequest(request, verdict.by);
    askForBody();
    const reply =
      verdict.kind === "answer" ? verdict : await answerSafely(() => this.#parts.answer(request));
    await this.#waiting.delay(verdict.delay, request.socket);
    const hold = judgement.holdBegun();
    if (hold) return this.#holdRequest(request, hold);
    send(response, reply);
    if (verdict.kind === "answer" && type === "RESTAPI") {
      const { method = "" } = request;
      const { status } = verdict;
      this.#parts.observe({ kind: "restCall", method, path: pathOf(request), status });
    }
  }

  async #onUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    // Without a listener, a reset by the peer would end the process.
    socket.on("error", ignore);
    const { admin } = this.#parts;
    if (admin?.owns(request)) return refuseUpgrade(socket, { status: 404 });
    const judgement = this.#parts.judge("ClientConnection");
    const { verdict } = judgement;
    if (verdict.kind === "hold") return this.#hold(socket, verdict.by);
    const mayWrite = (): boolean => {
      const hold = judgement.holdBegun();
      if (hold) this.#hold(socket, hold);
      // A client that has hung up may have left its half of the connection open.
      else if (!socket.readable) socket.destroy();
      return socket.readable && socket.writable && !this.#waiting.holds(socket);
    };
    await this.#waiting.delay(verdict.delay, socket);
    if (verdict.kind === "answer") {
      if (!mayWrite()) return;
      refuseUpgrade(socket, verdict);
      const { status } = verdict;
      return this.#parts.observe({ kind: "clientRefused", path: pathOf(request), status });
    }
    if (verdict.delay.inMs > 0 && !mayWrite()) return;
    try {
      await this.#parts.upgrade({ request, socket, head, mayWrite });
    } catch (error) {
      warnOfMistake(error);
      if (mayWrite()) refuseUpgrade(socket, { status: 500 });
    }
  }

  #onClientError(error: NodeJS.ErrnoException, socket: Duplex): void {
    const status = statusOfClientError(error);
    // What failed before there was any HTTP, such as plain text on the https port, gets no HTTP.
    if (status === undefined || !socket.writable) return void socket.destroy();
    const { verdict } = this.#parts.judge("RESTAPI");
    if (verdict.kind === "hold") this.#hold(socket, verdict.by);
    else refuseUpgrade(socket, { status });
  }

  #holdBeforeTls(): void {
    screenConnections(this.server, (socket) => {
      const hold = this.#parts.wholeHold();
      if (hold) this.#hold(socket.on("error", ignore), hold);
      return !hold;
    });
  }

  #holdRequest(request: IncomingMessage, fault: ActiveFault): void {
    // An unread body would hide from us that the caller hangs up.
    request.resume();
    this.#waiting.hold(request.socket, fault);
  }

  #hold(socket: Duplex, fault: ActiveFault): void {
    socket.resume();
    this.#waiting.hold(socket, fault);
  }
}

const pathOf = (request: IncomingMessage): string => splitTarget(request.url).rawPath;

const typeOf = (request: IncomingMessage): RequestType =>
  pathOf(request) === "/api/health" ? "Health" : "RESTAPI";

function send(response: ServerResponse, reply: Reply | undefined): void {
  if (reply && !response.destroyed) writeReply(response, reply);
}

/** Undefined when the trouble is not about HTTP. */
function statusOfClientError({ code = "" }: NodeJS.ErrnoException): number | undefined {
  switch (code) {
    case "HPE_HEADER_OVERFLOW":
      return 431;
    case "HPE_CHUNK_EXTENSIONS_OVERFLOW":
      return 413;
    default:
      if (code.endsWith("HTTP_REQUEST_TIMEOUT")) return 408;
      return code.startsWith("HPE_") ? 400 : undefined;
  }
}

const ignore = (): void => {};
