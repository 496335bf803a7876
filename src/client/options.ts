import { maxTimerInMs } from "../kit/max-timer.ts";
import type { Continuity } from "./continuity-option.ts";
import { PubSubClientError } from "./errors.ts";

/** The subprotocols that the client speaks. */
export type ClientProtocol = "json.reliable.webpubsub.azure.v1" | "json.webpubsub.azure.v1";

/** As much of a WebSocket as the client uses. */
export interface WebSocketLike {
  /** 1 while it is open. */
  readonly readyState: number;
  /** How many bytes of what was sent have not gone out yet, where that is known. */
  readonly bufferedAmount?: number | undefined;
  /** How many bytes have come in, those of unfinished messages included, where that is known. */
  readonly bytesRead?: number | undefined;
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
   * Get another connection when one is lost for good, and try again when one does not come about.
   * Without it the client stops then; a cut connection is recovered all the same.
   *
   * @default true
   */
  autoReconnect?: boolean | undefined;
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
  /**
   * Made by `continuity()`: each logged message is delivered once and in order, what was missed is
   * read, and what is lost is told. It needs `history` on the app servers, and negotiate by URL.
   *
   * @default none
   */
  continuity?: Continuity | undefined;
}

type Resolved<T> = { readonly [K in keyof T]-?: NonNullable<T[K]> };
type RetryOptions = NonNullable<ResilientPubSubClientOptions["reconnectRetryOptions"]>;
type Optional = "negotiateRequest" | "webSocket" | "continuity";

export type ClientConfiguration = Omit<
  Resolved<ResilientPubSubClientOptions>,
  "reconnectRetryOptions" | Optional
> &
  Resolved<RetryOptions> &
  Pick<ResilientPubSubClientOptions, Optional>;

/** What an option must be, in code and in words, and what it is when it is left out. */
export type Rule = readonly [
  isMet: (value: unknown) => boolean,
  expected: string,
  byDefault?: unknown,
];

const PROTOCOLS: readonly unknown[] = [
  "json.reliable.webpubsub.azure.v1",
  "json.webpubsub.azure.v1",
] satisfies ClientProtocol[];

const OPTIONS: { readonly [Name in keyof ResilientPubSubClientOptions]-?: Rule } = {
  protocol: [(value) => PROTOCOLS.includes(value), PROTOCOLS.join(" or "), PROTOCOLS[0]],
  autoReconnect: flag(true),
  autoRejoinGroups: flag(true),
  keepAliveIntervalInMs: number(5000),
  keepAliveTimeoutInMs: number(10_000),
  negotiateTimeoutInMs: number(5000, 1),
  handshakeTimeoutInMs: number(5000, 1),
  recoveryTimeoutInMs: number(30_000),
  reconnectSpreadInMs: number(1000),
  reconnectRetryOptions: [isObject, "an object", {}],
  callTimeoutInMs: number(30_000, 1),
  maxQueuedCalls: number(1000),
  maxQueuedCharacters: number(4 * 1024 * 1024),
  negotiateRequest: [(value) => isObject(value) || isFunction(value), "an object or a function"],
  webSocket: [isFunction, "a class"],
  continuity: [isObject, "what continuity() makes"],
};

const RETRY_OPTIONS: { readonly [Name in keyof RetryOptions]-?: Rule } = {
  retryDelayInMs: number(500, 1),
  maxRetryDelayInMs: number(15_000, 1),
};

/** @throws PubSubClientError `ERR_INVALID_OPTIONS` */
export function resolveOptions(options: ResilientPubSubClientOptions): ClientConfiguration {
  const { reconnectRetryOptions, ...others } = readOptions(options, OPTIONS);
  const retryOptions = readOptions(reconnectRetryOptions, RETRY_OPTIONS, "reconnectRetryOptions.");
  const configuration = { ...others, ...retryOptions } as unknown as ClientConfiguration;
  const { keepAliveIntervalInMs, keepAliveTimeoutInMs } = configuration;
  if (keepAliveTimeoutInMs > 0 && keepAliveTimeoutInMs <= keepAliveIntervalInMs) {
    const expected = `0 or more than keepAliveIntervalInMs (${keepAliveIntervalInMs})`;
    throw invalid("Option keepAliveTimeoutInMs", expected, keepAliveTimeoutInMs);
  }
  return Object.freeze(configuration);
}

/** @throws PubSubClientError `ERR_INVALID_OPTIONS` where there is none. */
export function webSocketOf({ webSocket }: ClientConfiguration): WebSocketConstructor {
  const { WebSocket } = globalThis as { WebSocket?: WebSocketConstructor | undefined };
  const chosen = webSocket ?? WebSocket;
  if (!chosen) throw refused("Option webSocket must be given: this platform has no WebSocket");
  return chosen;
}

/** A value in a message: only such as cannot be a secret. */
export function describe(value: unknown): string {
  const isPlain = value === null || /^[nbu]/.test(typeof value);
  return isPlain ? String(value) : `a value of type ${typeof value}`;
}

/** @throws PubSubClientError `ERR_INVALID_OPTIONS` */
export function readOptions(
  given: unknown,
  rules: Readonly<Record<string, Rule>>,
  prefix = "",
): Record<string, unknown> {
  if (!isObject(given)) throw invalid("The options", "an object", given);
  const known = Object.keys(rules);
  const unknown = Object.keys(given).find((name) => !known.includes(name));
  if (unknown)
    throw refused(`Option ${prefix}${unknown} is unknown; there are ${known.join(", ")}`);
  const entries = known.map((name) => {
    const [isMet, expected, byDefault] = rules[name] as Rule;
    const value = given[name] === undefined ? byDefault : given[name];
    if (value !== undefined && !isMet(value))
      throw invalid(`Option ${prefix}${name}`, expected, value);
    return [name, value] as const;
  });
  return Object.fromEntries(entries);
}

export function number(byDefault: number, least = 0): Rule {
  return [
    (value) => typeof value === "number" && value >= least && value <= maxTimerInMs,
    `a number from ${least} to ${maxTimerInMs}`,
    byDefault,
  ];
}

function flag(byDefault: boolean): Rule {
  return [(value) => typeof value === "boolean", "true or false", byDefault];
}

/** Not one of the platform's, such as `Request` or `Headers`: a copy of it would have no members. */
export function isObject(value: unknown): value is object & Readonly<Record<string, unknown>> {
  return Object.prototype.toString.call(value) === "[object Object]";
}

function isFunction(value: unknown): boolean {
  return typeof value === "function";
}

const invalid = (what: string, expected: string, value: unknown): PubSubClientError =>
  refused(`${what} must be ${expected}, got ${describe(value)}`);

const refused = (problem: string): PubSubClientError =>
  new PubSubClientError("ERR_INVALID_OPTIONS", `${problem}.`);
