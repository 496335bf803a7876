import { isIP, type Socket, connect as tcpConnect } from "node:net";
import { connect as tlsConnect } from "node:tls";
import { WebSocket } from "ws";
import type { WebSocketLike } from "./options.ts";

/** Compression costs memory for each connection, and the service does not offer it. */
export const WEB_SOCKET_OPTIONS = { perMessageDeflate: false } as const;

const CONNECTING = 0;
const CLOSING = 2;
const CLOSED = 3;
const ABNORMAL = 1006;
const PORTS: Readonly<Record<string, number>> = { "ws:": 80, "wss:": 443 };

type Handler = ((event: unknown) => void) | null;

/**
 * A WebSocket of the `ws` package that is made when its socket is connected. When an endpoint has crashed,
 * each of its clients is refused there once, and a refused socket costs a third of a refused WebSocket.
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
    if (!defaultPort || hash) throw new TypeError("This is no URL of a WebSocket.");
    const host = hostname.replace(/^\[(.*)\]$/, "$1");
    const target = { host, port: port === "" ? defaultPort : Number(port) };
    const isSecure = scheme === "wss:";
    this.#socket = isSecure
      ? tlsConnect({ ...target, servername: isIP(host) ? "" : host })
      : tcpConnect(target);
    const onError = (error: Error): void => this.#fail(error);
    const onClose = (): void => this.#tellClosed(ABNORMAL);
    this.#socket.once(isSecure ? "secureConnect" : "connect", () => {
      this.#socket.off("error", onError);
      this.#socket.off("close", onClose);
      try {
        this.#open(url, protocol);
      } catch (error) {
        // Of whoever has replaced what `ws` makes its request with.
        this.#fail(error as Error);
      }
    });
    this.#socket.on("error", onError);
    this.#socket.on("close", onClose);
  }

  get readyState(): number {
    if (this.#isClosed) return CLOSED;
    return this.#webSocket?.readyState ?? (this.#socket.destroyed ? CLOSING : CONNECTING);
  }

  get bufferedAmount(): number {
    return this.#webSocket?.bufferedAmount ?? 0;
  }

  get bytesRead(): number {
    return this.#socket.bytesRead;
  }

  send(data: string): void {
    if (!this.#webSocket) throw new Error("The WebSocket is not open.");
    this.#webSocket.send(data);
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
    webSocket.on("message", (data) => (this.onmessage as Handler)?.({ data: String(data) }));
    webSocket.on("error", (error) => (this.onerror as Handler)?.({ error }));
    webSocket.on("close", (code, reason) => this.#tellClosed(code, String(reason)));
  }

  #fail(error: Error): void {
    (this.onerror as Handler)?.({ error });
    this.#tellClosed(ABNORMAL);
  }

  #tellClosed(code: number, reason = ""): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    // What has replaced the request may have left it alone.
    this.#socket.destroy();
    (this.onclose as Handler)?.({ code, reason });
  }
}
