import type { Socket } from "node:net";
import { WebSocket } from "ws";
import { DialledWebSocket, WEB_SOCKET_OPTIONS } from "./dialled-web-socket.ts";
import type { NegotiateSource } from "./negotiate-urls.ts";
import { isObject, type ResilientPubSubClientOptions } from "./options.ts";
import { ResilientPubSubClient as BrowserClient } from "./resilient-pubsub-client.ts";

export * from "./index.ts";

/** In Bun and Deno, `ws` may not take over a socket that is connected. */
class SelfDiallingWebSocket extends WebSocket {
  #socket: Socket | undefined;

  constructor(url: string, protocol: string) {
    super(url, protocol, WEB_SOCKET_OPTIONS);
    this.once("upgrade", ({ socket }) => {
      this.#socket = socket;
    });
  }

  get bytesRead(): number {
    return this.#socket?.bytesRead ?? 0;
  }
}

/**
 * A Web PubSub client that stays connected, by the platform's WebSocket in browsers and that of the
 * `ws` package in Node.
 */
export class ResilientPubSubClient extends BrowserClient {
  /**
   * Makes a client that is stopped; `start` connects it.
   *
   * @param negotiate URL of the plugin's negotiate route, absolute outside of pages; a list of such URLs
   *   of several app servers; or a function that gives its answer.
   * @throws PubSubClientError `ERR_INVALID_OPTIONS`
   * @example
   * ```ts
   * const client = new ResilientPubSubClient("http://localhost:3000/negotiate");
   * ```
   */
  constructor(negotiate: NegotiateSource, options: ResilientPubSubClientOptions = {}) {
    super(negotiate, isObject(options) ? withWebSocket(options) : options);
  }
}

function withWebSocket(options: ResilientPubSubClientOptions): ResilientPubSubClientOptions {
  const ofNode =
    "Bun" in globalThis || "Deno" in globalThis ? SelfDiallingWebSocket : DialledWebSocket;
  const { webSocket = ofNode } = options;
  return { ...options, webSocket };
}
