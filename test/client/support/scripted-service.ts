import type { AddressInfo } from "node:net";
import { type WebSocket, WebSocketServer } from "ws";
import { closeAfterTest } from "../../support/clean-up.ts";

// biome-ignore lint/suspicious/noExplicitAny: tests read frames of every shape
export type Frame = any;

/** What a service does with its clients; what is left out, it does as it should. */
export interface Behaviour {
  /** On a socket that begins a connection. Default: the greeting of a reliable connection. */
  greet?(client: ServiceClient): void;
  /** On a socket that goes on with one. Default: nothing, which is right. */
  recover?(client: ServiceClient): void;
  /** On whatever a client says. Default: a pong for a ping, an ack for what wants one. */
  answer?(frame: Frame, client: ServiceClient): void;
}

/** One socket, seen from the service. */
export class ServiceClient {
  readonly url: URL;
  readonly received: Frame[] = [];
  closeCode: number | undefined;
  readonly #socket: WebSocket;

  constructor(socket: WebSocket, url: URL) {
    this.#socket = socket;
    this.url = url;
    socket.on("error", () => {});
    socket.on("close", (code) => {
      this.closeCode = code;
    });
  }

  get isRecovery(): boolean {
    return this.url.searchParams.has("awps_connection_id");
  }

  /** Of the frames of that type, such as `sendToGroup`. */
  receivedOf(type: string): Frame[] {
    return this.received.filter((frame) => frame.type === type);
  }

  send(frame: object | string | Buffer): void {
    const isFrame = typeof frame === "string" || Buffer.isBuffer(frame);
    this.#socket.send(isFrame ? frame : JSON.stringify(frame));
  }

  /** @param reconnectionToken Null where the service does not let connections go on. */
  greet(connectionId: string, reconnectionToken: string | null = "again"): void {
    this.send({
      type: "system",
      event: "connected",
      userId: "ada",
      connectionId,
      ...(reconnectionToken !== null && { reconnectionToken }),
    });
  }

  answer({ type, ackId }: Frame): void {
    if (type === "ping") this.send({ type: "pong" });
    else if (ackId !== undefined) this.send({ type: "ack", ackId, success: true });
  }

  message(data: unknown, sequenceId?: number): void {
    this.send({ type: "message", from: "server", dataType: "json", data, sequenceId });
  }

  close(code: number, reason?: string): void {
    this.#socket.close(code, reason);
  }

  /** As a broken network does. */
  cut(): void {
    this.#socket.terminate();
  }
}

/** A service that does to its clients whatever a test wants. */
export class ScriptedService {
  /** All that have ever come, in their order. */
  readonly clients: ServiceClient[] = [];
  behaviour: Behaviour;
  readonly #server: WebSocketServer;

  static async start(manners: Behaviour = {}): Promise<ScriptedService> {
    const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
    await new Promise((resolve) => server.once("listening", resolve));
    return closeAfterTest(new ScriptedService(server, manners));
  }

  private constructor(server: WebSocketServer, manners: Behaviour) {
    this.#server = server;
    this.behaviour = manners;
    server.on("connection", (socket, { url = "" }) => {
      const client = new ServiceClient(socket, new URL(url, this.url));
      this.clients.push(client);
      socket.on("message", (data) => {
        const frame = JSON.parse(data.toString());
        client.received.push(frame);
        if (this.behaviour.answer) this.behaviour.answer(frame, client);
        else client.answer(frame);
      });
      if (client.isRecovery) this.behaviour.recover?.(client);
      else if (this.behaviour.greet) this.behaviour.greet(client);
      else client.greet(`connection-${this.clients.length}`);
    });
  }

  get url(): string {
    return `ws://127.0.0.1:${(this.#server.address() as AddressInfo).port}/client`;
  }

  get latest(): ServiceClient | undefined {
    return this.clients.at(-1);
  }

  close(): Promise<void> {
    for (const socket of this.#server.clients) socket.terminate();
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }
}
