import { WebSocket } from "ws";
import type { Negotiate } from "./negotiate.ts";
import type { ResilientPubSubClientOptions } from "./options.ts";
import { ResilientPubSubClient as BrowserClient } from "./resilient-pubsub-client.ts";

export * from "./index.ts";

/** Compression costs memory for each connection, and the service does not offer it. */
class NodeWebSocket extends WebSocket {
  constructor(url: string, protocol: string) {
    super(url, protocol, { perMessageDeflate: false });
  }
}

/** As in browsers, with the WebSocket of the `ws` package. */
export class ResilientPubSubClient extends BrowserClient {
  /**
   * Makes a client that is stopped; `start` connects it.
   *
   * @param negotiate URL of the plugin's negotiate route, a list of such URLs of several app servers,
   *   or a function that gives its answer.
   * @throws PubSubClientError `ERR_INVALID_OPTIONS`
   * @example
   * ```ts
   * const client = new ResilientPubSubClient("http://localhost:3000/negotiate");
   * ```
   */
  constructor(
    negotiate: string | URL | readonly (string | URL)[] | Negotiate,
    options: ResilientPubSubClientOptions = {},
  ) {
    super(negotiate, { ...options, webSocket: options.webSocket ?? NodeWebSocket });
  }
}
