import { maxTimerInMs } from "../kit/max-timer.ts";
import { PubSubClientError } from "./errors.ts";

/** The subprotocols that the client speaks. */
export type ClientProtocol = "json.reliable.webpubsub.azure.v1" | "json.webpubsub.azure.v1";

/** As much of a WebSocket as the client uses. */
export interface WebSocketLike {
  /** 1 while it is open. */
  readonly readyState: number;
  /** Called when it is open. */
  onopen: ((event: never) => void) | null;
  /** Called with each frame, a string as `data`. */
  onmessage: ((event: never) => void) | null;
  /** Called when it is closed, or did not open at all, with the `code`. */
  onclose: ((event: never) => void) | null;
  /** Called on failure; `onclose` must be called as well. */
  onerror: ((event: never) => void) | null;
  /** Sends a text frame. */
  send(data: string): void;
  /** Closes it, in the way of the protocol. */
  close(code?: number, reason?: string): void;
  /** Ends the socket without waiting for the peer, where there is such a thing. */
  terminate?(): void;
}

/** Opens a WebSocket that offers one subprotocol. */
export type WebSocketConstructor = new (url: string, protocol: string) => WebSocketLike;

/** How a client behaves; all options may be left out. Times are in milliseconds. */
export interface ResilientPubSubClientOptions {
  /**
   * The reliable protocol lets a connection that was cut be recovered on the same endpoint with
   * nothing lost.
   *
   * @default `json.reliable.webpubsub.azure.v1`
   */
  protocol?: ClientProtocol | undefined;
  /**
   * Join groups again after a connection was lost.
   *
   * @default true
   */
  autoRejoinGroups?: boolean | undefined;
  /**
   * After how much silence the service is asked for a sign of life. 0 = never.
   *
   * @default 5000
   */
  keepAliveIntervalInMs?: number | undefined;
  /**
   * After how much silence, the question unanswered, the connection is given up. 0 = never;
   * otherwise longer than the interval.
   *
   * @default 10000
   */
  keepAliveTimeoutInMs?: number | undefined;
  /**
   * Deadline of one negotiate, however many URLs it has, and of one review.
   *
   * @default 5000
   */
  negotiateTimeoutInMs?: number | undefined;
  /**
   * Deadline of one connection, from the socket's opening to the service's greeting.
   *
   * @default 5000
   */
  handshakeTimeoutInMs?: number | undefined;
  /**
   * For how long a cut connection may be recovered, as long as no other has been found. The service
   * keeps it for 30 s. 0 = never.
   *
   * @default 30000
   */
  recoveryTimeoutInMs?: number | undefined;
  /**
   * Clients that lose their connections together negotiate at random moments within this time, so
   * that they do not arrive together. It counts where the app server tells none
   * (`reconnect.spreadInMs`).
   *
   * @default 1000
   */
  reconnectSpreadInMs?: number | undefined;
  /** Pauses between failed attempts: random, between 0 and a ceiling that doubles each time. */
  reconnectRetryOptions?:
    | {
        /**
         * The first ceiling.
         *
         * @default 500
         */
        retryDelayInMs?: number | undefined;
        /**
         * The last ceiling.
         *
         * @default 15000
         */
        maxRetryDelayInMs?: number | undefined;
      }
    | undefined;
  /**
   * From a call to its answer, the time in the queue included.
   *
   * @default 30000
   */
  callTimeoutInMs?: number | undefined;
  /**
   * How many calls may wait for a connection.
   *
   * @default 1000
   */
  maxQueuedCalls?: number | undefined;
  /**
   * How many characters of messages may wait for a connection.
   *
   * @default 4 Mi
   */
  maxQueuedCharacters?: number | undefined;
  /**
   * For the requests to the negotiate URL, such as `{ credentials: "include" }`; a function is asked
   * each time.
   *
   * @default none
   */
  negotiateRequest?: RequestInit | (() => RequestInit | Promise<RequestInit>) | undefined;
  /**
   * What connections are made with.
   *
   * @default the platform's WebSocket; in Node that of the `ws` package
   */
  webSocket?: WebSocketConstructor | undefined;
}

type Resolved<T> = { readonly [K in keyof T]-?: NonNullable<T[K]> };

export type ClientConfiguration = Omit<
  Resolved<ResilientPubSubClientOptions>,
  "reconnectRetryOptions" | "negotiateRequest"
> & {
  readonly retryDelayInMs: number;
  readonly maxRetryDelayInMs: number;
  readonly negotiateRequest: ResilientPubSubClientOptions["negotiateRequest"];
};

const PROTOCOLS: readonly ClientProtocol[] = [
  "json.reliable.webpubsub.azure.v1",
  "json.webpubsub.azure.v1",
];

/** @throws PubSubClientError `ERR_INVALID_OPTIONS` */
export function resolveOptions(options: ResilientPubSubClientOptions): ClientConfiguration {
  const { reconnectRetryOptions = {}, protocol = PROTOCOLS[0] as ClientProtocol } = options;
  if (!PROTOCOLS.includes(protocol)) throw invalid("protocol", protocol, PROTOCOLS.join(" or "));
  const keepAliveIntervalInMs = duration(options, "keepAliveIntervalInMs", 5000);
  const keepAliveTimeoutInMs = duration(options, "keepAliveTimeoutInMs", 10_000);
  if (keepAliveTimeoutInMs > 0 && keepAliveTimeoutInMs <= keepAliveIntervalInMs) {
    const expected = `0 or more than keepAliveIntervalInMs (${keepAliveIntervalInMs})`;
    throw invalid("keepAliveTimeoutInMs", keepAliveTimeoutInMs, expected);
  }
  return Object.freeze({
    protocol,
    autoRejoinGroups: options.autoRejoinGroups ?? true,
    keepAliveIntervalInMs,
    keepAliveTimeoutInMs,
    negotiateTimeoutInMs: duration(options, "negotiateTimeoutInMs", 5000, 1),
    handshakeTimeoutInMs: duration(options, "handshakeTimeoutInMs", 5000, 1),
    recoveryTimeoutInMs: duration(options, "recoveryTimeoutInMs", 30_000),
    reconnectSpreadInMs: duration(options, "reconnectSpreadInMs", 1000),
    retryDelayInMs: duration(reconnectRetryOptions, "retryDelayInMs", 500, 1),
    maxRetryDelayInMs: duration(reconnectRetryOptions, "maxRetryDelayInMs", 15_000, 1),
    callTimeoutInMs: duration(options, "callTimeoutInMs", 30_000, 1),
    maxQueuedCalls: duration(options, "maxQueuedCalls", 1000),
    maxQueuedCharacters: duration(options, "maxQueuedCharacters", 4 * 1024 * 1024),
    negotiateRequest: options.negotiateRequest,
    webSocket: options.webSocket ?? platformWebSocket(),
  });
}

function duration<Name extends string>(
  options: { readonly [K in Name]?: number },
  name: Name,
  byDefault: number,
  least = 0,
): number {
  const value: unknown = options[name] ?? byDefault;
  const isFine = typeof value === "number" && value >= least && value <= maxTimerInMs;
  if (!isFine) throw invalid(name, value, `a number from ${least} to ${maxTimerInMs}`);
  return value;
}

function platformWebSocket(): WebSocketConstructor {
  const { WebSocket } = globalThis as { WebSocket?: WebSocketConstructor | undefined };
  if (WebSocket) return WebSocket;
  throw new PubSubClientError(
    "ERR_INVALID_OPTIONS",
    "This platform has no WebSocket; give one as the option webSocket.",
  );
}

function invalid(name: string, value: unknown, expected: string): PubSubClientError {
  const message = `Option ${name} must be ${expected}, and is ${String(value)}.`;
  return new PubSubClientError("ERR_INVALID_OPTIONS", message);
}
