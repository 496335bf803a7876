import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { Duplex } from "node:stream";
import type { TlsCertificate } from "../contract/emulator-options.ts";
import type { RequestType } from "../contract/fault.ts";
import type { FaultGate } from "../faults/fault-gate.ts";
import type { Observe } from "../reporting/activity-observer.ts";
import { warnOfInternalError } from "../reporting/warnings.ts";
import { answerSafely, type Reply, refuseUpgrade, writeReply } from "./reply.ts";
import { type RequestBody, readUpTo, urlBytes } from "./request-content.ts";
import { createWebServer, filterConnections, type WebServer } from "./server.ts";
import { splitTarget } from "./target.ts";

export interface FrontOptions {
  readonly gate: FaultGate;
  /** The admin route, when it is on this port. */
  readonly admin: (RequestHandler & { owns(request: IncomingMessage): boolean }) | undefined;
  readonly rest: RequestHandler;
  readonly handshakes: UpgradeHandler;
  readonly observe: Observe;
  /** Speaks https when given. */
  readonly certificate: TlsCertificate | undefined;
  /** What the service takes as a body at most; faults look into no more. */
  readonly maxBodyBytes: number;
}

export interface RequestHandler {
  /**
   * Undefined when the caller has gone.
   *
   * @param body Where the body is read from. Default: the request.
   */
  answer(request: IncomingMessage, body?: RequestBody): Promise<Reply | undefined>;
}

export interface UpgradeHandler {
  /** Takes an upgrade request over; whatever it writes, it asks `mayWrite` first. */
  handle(upgrade: Upgrade): Promise<void>;
}

export interface Upgrade {
  readonly request: IncomingMessage;
  readonly socket: Duplex;
  readonly head: Buffer;
  /** False when the socket is gone or a fault keeps it silent; then there is nothing to do. */
  mayWrite(): boolean;
}

/** Where everything comes in by HTTP; the order of the stages of a request stands here. */
export class Front {
  readonly server: WebServer;
  readonly #options: FrontOptions;
  /** Connections on a port with an admin route, from their first request on. */
  readonly #met = new WeakSet<Socket>();

  constructor(options: FrontOptions) {
    this.#options = options;
    this.server = createWebServer(options.certificate);
    this.#watchConnections();
    this.server
      .on("request", (request, response) => void this.#onRequest(request, response))
      .on("checkContinue", (request, response) => {
        void this.#onRequest(request, response, () => response.writeContinue());
      })
      .on("upgrade", (request, socket, head) => void this.#onUpgrade(request, socket, head))
      .on("clientError", (error, socket) => this.#onClientError(error, socket));
  }

  #watchConnections(): void {
    const { admin, certificate, gate } = this.#options;
    // No fault touches the admin route, and nobody knows yet who comes for that.
    if (admin) return;
    if (!certificate) {
      this.server.on("connection", (socket) => void gate.slows(socket));
      return;
    }
    // The handshake of TLS would be an answer already, and is to be as slow as the rest.
    filterConnections(this.server, (socket) => {
      socket.on("error", ignore);
      if (!gate.admitsConnection(socket)) return undefined;
      // TLS reads and writes a socket past all JavaScript, but not another stream.
      return gate.slows(socket) ? Duplex.from({ readable: socket, writable: socket }) : socket;
    });
  }

  /** The first request on a connection tells that it does not come for the admin route. */
  #meet(socket: Socket): void {
    const { admin, gate } = this.#options;
    if (!admin || this.#met.has(socket)) return;
    this.#met.add(socket);
    gate.slows(socket);
  }

  async #onRequest(
    request: IncomingMessage,
    response: ServerResponse,
    askForBody = (): void => {},
  ): Promise<void> {
    const { admin, gate, maxBodyBytes, rest, observe } = this.#options;
    // 1. The admin route, which no fault touches.
    if (admin?.owns(request)) {
      gate.spare(request.socket);
      askForBody();
      return send(response, await answerSafely(() => admin.answer(request)));
    }
    // 2. Faults: one may hold the request, or answer it in the place of the service.
    this.#meet(request.socket);
    const type = requestTypeOf(request);
    let body: Buffer | undefined;
    if (gate.looksInside) {
      askForBody();
      body = await readUpTo(request, maxBodyBytes);
      if (!body) return;
    }
    const content = body && [urlBytes(request), body];
    const pass = gate.enter({ type, socket: request.socket, source: request, content });
    if (!pass) return;
    if (!body) askForBody();
    // 3. The service: health; or route, authentication, parameters, body and operation.
    const reply = pass.answer ?? (await answerSafely(() => rest.answer(request, body && [body])));
    // 4. Faults again: they may delay the answer, or hold it by now.
    if (!(await pass.leave())) return;
    // 5. The answer.
    send(response, reply);
    if (pass.answer && type === "RESTAPI") {
      const { method = "" } = request;
      observe({ kind: "restCall", method, path: pathOf(request), status: pass.answer.status });
    }
  }

  async #onUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const { admin, gate, handshakes, observe } = this.#options;
    // Without a listener, a reset by the peer would end the process.
    socket.on("error", ignore);
    // 1. The admin route, which speaks no WebSocket.
    if (admin?.owns(request)) return refuseUpgrade(socket, { status: 404 });
    // 2. Faults: one may hold the handshake, delay it, or answer it in the place of the service.
    this.#meet(request.socket);
    const content = gate.looksInside ? [urlBytes(request)] : undefined;
    const pass = gate.enter({ type: "ClientConnection", socket, source: socket, content });
    if (!pass || !(await pass.leave())) return;
    const mayWrite = (): boolean => {
      if (!pass.mayWrite()) return false;
      // A client that has hung up may have left its half of the connection open.
      if (!socket.readable) socket.destroy();
      return socket.readable && socket.writable;
    };
    if (!mayWrite()) return;
    if (pass.answer) {
      refuseUpgrade(socket, pass.answer);
      const { status } = pass.answer;
      const reason = "A fault that was injected has answered in the place of the service.";
      return observe({ kind: "clientRefused", path: pathOf(request), status, reason });
    }
    // 3. The service: authentication, the app server's word, and the session.
    try {
      await handshakes.handle({ request, socket, head, mayWrite });
      // A WebSocket has a listener of its own, and a second one would cost each client a list.
      if (socket.listenerCount("error") > 1) socket.off("error", ignore);
    } catch (error) {
      warnOfInternalError(error);
      if (mayWrite()) refuseUpgrade(socket, { status: 500 });
    }
  }

  #onClientError(error: NodeJS.ErrnoException, socket: Duplex): void {
    const status = statusOfClientError(error);
    // What failed before there was any HTTP, such as plain text on the https port, gets no HTTP.
    if (status === undefined || !socket.writable) return void socket.destroy();
    const pass = this.#options.gate.enter({ type: "RESTAPI", socket, source: socket });
    if (pass) refuseUpgrade(socket, { status });
  }
}

const pathOf = (request: IncomingMessage): string => splitTarget(request.url).rawPath;

const requestTypeOf = (request: IncomingMessage): RequestType =>
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
