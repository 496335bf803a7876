import {
  createServer,
  type IncomingHttpHeaders,
  type Server,
  type ServerResponse,
} from "node:http";
import type { AddressInfo } from "node:net";
import { Inbox } from "./inbox.ts";

export interface UpstreamCall {
  method: string;
  url: string;
  headers: IncomingHttpHeaders;
  body: string;
  bytes: Buffer;
  /** What the event is called, with `sys`, `gp` or `user` before it. */
  event: string;
  /** Settles when the call is over, answered or not. */
  over: Promise<unknown>;
}

export interface UpstreamAnswer {
  status?: number;
  headers?: Record<string, string | string[]>;
  body?: string | Buffer;
}

type Answerer = (call: UpstreamCall) => UpstreamAnswer | Promise<UpstreamAnswer>;

/** An app server that records every call and answers as the test tells it. */
export class AppServer {
  /** The events in the order they came; validations are in `validations`. */
  readonly events = new Inbox<UpstreamCall>();
  readonly validations: UpstreamCall[] = [];
  answer: Answerer = () => ({ status: 204 });
  answerValidation: Answerer = () => ({ headers: { "WebHook-Allowed-Origin": "*" } });
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
    server.on("request", async (request, response) => {
      const bytes = Buffer.concat(await request.toArray());
      const { method = "", url = "", headers } = request;
      const type = String(headers["ce-type"] ?? "");
      const event = type.replace("azure.webpubsub.", "");
      const over = new Promise((resolve) => response.once("close", resolve));
      const call = { method, url, headers, body: bytes.toString(), bytes, event, over };
      if (type) {
        this.events.put(call);
        write(response, await this.answer(call));
      } else {
        this.validations.push(call);
        write(response, await this.answerValidation(call));
      }
    });
  }

  static async start(): Promise<AppServer> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return new AppServer(server);
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Hub settings that send everything here. */
  get hub() {
    return {
      eventHandlers: [
        {
          urlTemplate: `${this.url}/hubs/{hub}/{event}`,
          systemEvents: ["connect", "connected", "disconnected"] as const,
          userEventPattern: "*",
        },
      ],
    };
  }

  async nextEvents(count: number): Promise<UpstreamCall[]> {
    const calls: UpstreamCall[] = [];
    while (calls.length < count) calls.push(await this.events.take());
    return calls;
  }

  close(): Promise<void> {
    this.#server.closeAllConnections();
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }
}

function write(response: ServerResponse, { status = 200, headers, body }: UpstreamAnswer): void {
  response.writeHead(status, headers).end(body);
}
