import type { Socket } from "node:net";
import { WebSocket } from "ws";
import type { NegotiateSource } from "./negotiate-urls.ts";
import { isObject, type ResilientPubSubClientOptions } from "./options.ts";
import { ResilientPubSubClient as BrowserClient } from "./resilient-pubsub-client.ts";

export * from "./index.ts";

class NodeWebSocket extends WebSocket {
  #socket: Socket | undefined;

  constructor(url: string, protocol: string) {
    // Compression costs memory for each connection, and the service does not offer it.
    super(url, protocol, { perMessageDeflate: false });
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
  const { webSocket = NodeWebSocket } = options;
  return { ...options, webSocket };
}
