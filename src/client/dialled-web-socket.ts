import { isIP, type Socket, connect as tcpConnect } from "node:net";
import { connect as tlsConnect } from "node:tls";
import { WebSocket } from "ws";
import type { WebSocketLike } from "./options.ts";

/** Compression costs memory for each connection, and the service does not offer it. */
export const WEB_SOCKET_OPTIONS = { perMessageDeflate: false } as const;

const CONNECTING = 0;
const CLOSED = 3;
const ABNORMAL = 1006;
const PORTS: Readonly<Record<string, number>> = { "ws:": 80, "wss:": 443 };

type Handler = ((event: unknown) => void) | null;

/**
 * A WebSocket of the `ws` package that is made when its socket is connected. An endpoint that has
 * crashed refuses sockets, and that each of its clients finds out costs a third of a WebSocket then.
 */
export class DialledWebSocket implements WebSocketLike {
  onopen: WebSocketLike["onopen"] = null;
  onmessage: WebSocketLike["onmessage"] = null;
  onclose: WebSocketLike["onclose"] = null;
  onerror: WebSocketLike["onerror"] = null;
  readonly #socket: Socket;
  #webSocket: WebSocket | undefined;
  #isClosed = false;

  /** @throws TypeError for a URL that is none of a WebSocket */
  constructor(url: string, protocol: string) {
    const { protocol: scheme, hostname, port, hash } = new URL(url);
    const defaultPort = PORTS[scheme];
    // The URL has a token, so it is not quoted.
    if (!defaultPort || hash) throw new TypeError("The URL is none of a WebSocket.");
    const host = hostname.replace(/^\[(.*)\]$/, "$1");
    const target = { host, port: Number(port) || defaultPort };
    this.#socket =
      scheme === "wss:"
        ? tlsConnect({ ...target, servername: isIP(host) ? "" : host })
        : tcpConnect(target);
    const onRefused = (error: Error): void => this.#fail(error);
    const onGone = (): void => this.#close(ABNORMAL);
    this.#socket.once(scheme === "wss:" ? "secureConnect" : "connect", () => {
      this.#socket.off("error", onRefused);
      this.#socket.off("close", onGone);
      this.#open(url, protocol);
    });
    this.#socket.on("error", onRefused);
    this.#socket.on("close", onGone);
  }

  get readyState(): number {
    return this.#isClosed ? CLOSED : (this.#webSocket?.readyState ?? CONNECTING);
  }

  get bufferedAmount(): number {
    return this.#webSocket?.bufferedAmount ?? 0;
  }

  get bytesRead(): number {
    return this.#socket.bytesRead;
  }

  send(data: string): void {
    this.#webSocket?.send(data);
  }

  close(code?: number, reason?: string): void {
    if (this.#webSocket) this.#webSocket.close(code, reason);
    else this.#socket.destroy();
  }

  terminate(): void {
    if (this.#webSocket) this.#webSocket.terminate();
    else this.#socket.destroy();
  }

  #open(url: string, protocol: string): void {
    const webSocket = new WebSocket(url, protocol, {
      ...WEB_SOCKET_OPTIONS,
      createConnection: () => this.#socket,
    });
    this.#webSocket = webSocket;
    webSocket.on("open", () => (this.onopen as Handler)?.({}));
    webSocket.on("message", (data) => (this.onmessage as Handler)?.({ data }));
    webSocket.on("error", (error) => (this.onerror as Handler)?.({ error }));
    webSocket.on("close", (code, reason) => this.#close(code, String(reason)));
  }

  #fail(error: Error): void {
    (this.onerror as Handler)?.({ error });
    this.#close(ABNORMAL);
  }

  #close(code: number, reason = ""): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    (this.onclose as Handler)?.({ code, reason });
  }
}
