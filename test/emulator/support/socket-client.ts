import type { IncomingMessage } from "node:http";
import { type ClientOptions, WebSocket } from "ws";
import { Inbox } from "./inbox.ts";

export interface Closing {
  code: number;
  reason: string;
}

/** A bare WebSocket client that keeps what comes until the test asks for it. */
export class SocketClient {
  readonly socket: WebSocket;
  readonly opened: Promise<void>;
  /** The HTTP status when the handshake is refused. */
  readonly refused: Promise<{ status: number; headers: IncomingMessage["headers"]; body: string }>;
  readonly closed: Promise<Closing>;
  /** Set by whoever has read the connected frame. */
  connectionId = "";
  readonly #frames = new Inbox<{ data: Buffer; isBinary: boolean }>();

  constructor(
    url: string,
    protocols: string[] = [],
    headers: Record<string, string> = {},
    options: ClientOptions = {},
  ) {
    const socket = new WebSocket(url, protocols, { ...options, headers });
    this.socket = socket;
    this.opened = new Promise((resolve, reject) => {
      socket.once("open", resolve).once("error", reject);
    });
    this.opened.catch(() => {});
    this.refused = new Promise((resolve) => {
      socket.once("unexpected-response", async (_request, response: IncomingMessage) => {
        const body = await response.toArray();
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: Buffer.concat(body).toString(),
        });
        socket.terminate();
      });
    });
    this.closed = new Promise((resolve) => {
      socket.once("close", (code, reason) => resolve({ code, reason: reason.toString() }));
    });
    socket.on("error", () => {});
    socket.on("message", (data, isBinary) => this.#frames.put({ data: data as Buffer, isBinary }));
  }

  send(message: string | Buffer | object): void {
    const isFrame = typeof message === "string" || Buffer.isBuffer(message);
    this.socket.send(isFrame ? message : JSON.stringify(message));
  }

  /** Sends a request of the JSON protocol and resolves to the next frame. */
  ask(request: object): Promise<unknown> {
    this.send(request);
    return this.nextJson();
  }

  next(): Promise<{ data: Buffer; isBinary: boolean }> {
    return this.#frames.take();
  }

  async nextText(): Promise<string> {
    return (await this.next()).data.toString();
  }

  async nextJson(): Promise<unknown> {
    return JSON.parse(await this.nextText());
  }

  /** What has come and was not asked for. */
  get unread(): number {
    return this.#frames.size;
  }

  terminate(): void {
    this.socket.terminate();
  }
}
