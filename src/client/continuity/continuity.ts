import { maxTimerInMs } from "../../kit/max-timer.ts";
import type { Review } from "../app-server.ts";
import { backoffInMs, retryAfterOf } from "../backoff.ts";
import type { OnContinuityArgs } from "../client-events.ts";
import type { ContinuityFactory, ContinuityHost } from "../continuity-host.ts";
import type { Continuity } from "../continuity-option.ts";
import type { ContinuityPort, Message } from "../continuity-port.ts";
import { emitMessage } from "../emit-message.ts";
import { isNegotiateError, PubSubClientError } from "../errors.ts";
import type { EndpointAndEpoch } from "../negotiated-endpoint.ts";
import { isObject } from "../options.ts";
import type { JSONTypes, PublishOptions, PublishResult, SavedPositions } from "../wire-types.ts";
import { readPosition, type StreamPosition, writePosition } from "./envelope.ts";
import { type HistoryAnswer, readHistory } from "./history-request.ts";
import { readIncoming } from "./incoming.ts";
import {
  advance,
  ask,
  type ClientPositions,
  initialPositions,
  isCatchingUp,
  type PositionEffect,
  type PositionEvent,
  positionsOf,
  type StreamQuestion,
} from "./positions.ts";
import { publish } from "./publish.ts";
import { readSavedPositions } from "./saved-positions.ts";

const maxStreams = 64;
const maxConnections = 8;
const CHECK_AFTER_IN_MS = 30_000;
const JOINED_WITHIN_IN_MS = 1000;

/** How a client keeps its place in what was sent. */
export interface ContinuityOptions {
  /**
   * What `client.positions` of an earlier client was: goes on from there. The application must have
   * kept it together with what it had received until then.
   *
   * @default a client that has missed nothing yet
   */
  since?: SavedPositions | undefined;
  /**
   * For how long messages are held back, in milliseconds, that came before one which was sent earlier;
   * after that, the history is asked for it.
   *
   * @default 250
   */
  holdBackInMs?: number | undefined;
}

/**
 * For the option `continuity` of a client: each logged message is delivered once and in order, on
 * whatever connection; what was missed is read from the history of the app servers, and what is not to
 * be had is told (event `continuity`).
 *
 * @throws PubSubClientError `ERR_INVALID_OPTIONS`
 * @example
 * ```ts
 * const client = new ResilientPubSubClient("https://app.example/negotiate", {
 *   continuity: continuity(),
 * });
 * client.on("continuity", ({ recovered }) => recovered || reloadEverything());
 * ```
 */
export function continuity(options: ContinuityOptions = {}): Continuity {
  const { since, holdBackInMs = 250 } = options;
  const isTime = holdBackInMs >= 0 && holdBackInMs <= maxTimerInMs;
  if (!isTime || (since !== undefined && !isObject(since))) {
    throw new PubSubClientError(
      "ERR_INVALID_OPTIONS",
      "Options of continuity are since, what client.positions was, and holdBackInMs, a number.",
    );
  }
  const saved = since && readSavedPositions(since);
  const factory: ContinuityFactory = {
    attach: (host) => new KeptPositions(host, holdBackInMs, since, saved),
  };
  return factory;
}

/** What is to be given to the application, in this order. */
type Due =
  | (PositionEffect<Message> & { readonly type: "deliver" })
  | { readonly type: "tell"; readonly args: OnContinuityArgs };

/** Carries out what the positions of one client demand. */
class KeptPositions implements ContinuityPort {
  readonly #host: ContinuityHost;
  readonly #holdBackInMs: number;
  readonly #state: ClientPositions<Message>;
  /** Unique to this client, and counted up by it. */
  readonly #keyPrefix = Math.random().toString(36).slice(2) + Date.now().toString(36);
  #lastKey = 0;
  #savedGrant: string | undefined;
  #connections: readonly string[];
  /** What negotiate told last; undefined where there is no history. */
  #told: Record<string, StreamPosition> | undefined;
  #isStarted = false;
  #isDelivering = false;
  #due: Due[] = [];
  readonly #holds = new Set<ReturnType<typeof setTimeout>>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #readAt = Number.POSITIVE_INFINITY;
  #notBefore = 0;
  #failures = 0;
  #reading: AbortController | undefined;
  /** Since the connection is up. */
  #recovered = true;
  readonly #onCaughtUp = new Set<() => void>();

  constructor(
    host: ContinuityHost,
    holdBackInMs: number,
    since: SavedPositions | undefined,
    saved: Record<string, StreamPosition> | undefined,
  ) {
    if (!host.appServers.servers.length) {
      const message =
        "Option continuity needs negotiate by URL, because it asks for the history there.";
      throw new PubSubClientError("ERR_INVALID_OPTIONS", message);
    }
    this.#host = host;
    this.#holdBackInMs = holdBackInMs;
    this.#savedGrant = since?.grant;
    this.#connections = since?.connections ?? [];
    this.#state = initialPositions(saved);
  }

  get query(): Readonly<Record<string, string>> {
    const grant = this.#grant;
    return { history: "1", ...(grant && { grant }) };
  }

  get checkAfterInMs(): number | undefined {
    return this.#told && CHECK_AFTER_IN_MS;
  }

  get positions(): SavedPositions {
    const known = positionsOf(this.#state);
    // What waits to be delivered has not been received.
    for (const due of [...this.#due].reverse()) {
      if (due.type !== "deliver" || !due.position) continue;
      const { epoch, offset } = due.position;
      known[due.stream] = { epoch, offset: offset - 1 };
    }
    const streams = Object.entries(known).map(([name, at]) => [name, writePosition(at)]);
    const grant = this.#grant;
    return {
      ...(grant && { grant }),
      streams: Object.fromEntries(streams),
      connections: this.#connections,
    };
  }

  get #grant(): string | undefined {
    return this.#host.appServers.told.grant ?? this.#savedGrant;
  }

  onNegotiated(history: unknown): void {
    // Of several app servers one may not have it yet, or not any more.
    if (this.#told) this.#told = {};
    if (!isObject(history)) return;
    const positions = isObject(history.positions) ? history.positions : {};
    const entries = Object.entries(positions).flatMap(([name, text]) => {
      const position = readPosition(text);
      return position ? [[name, position] as const] : [];
    });
    this.#told = Object.fromEntries(entries);
  }

  onConnected(connectionId: string | undefined): void {
    if (connectionId) {
      const others = this.#connections.filter((id) => id !== connectionId);
      this.#connections = [...others, connectionId].slice(-maxConnections);
    }
    this.#isStarted = true;
    this.#recovered = true;
    if (this.#told) this.#take({ type: "connected", positions: this.#told });
    // What was left when the client was stopped.
    this.#enqueue([]);
  }

  async onJoined(group: string): Promise<unknown> {
    if (!this.#told || !this.#isStarted) return;
    this.#take({ type: "joined", stream: `g:${group}` });
    return this.#waitToCatchUp(JOINED_WITHIN_IN_MS);
  }

  onLeft(group: string): void {
    this.#take({ type: "left", stream: `g:${group}` });
  }

  onMessage(message: Message): void {
    const event = readIncoming(message);
    if (event && this.#told) this.#take(event);
    else if (!event) this.#pass(message);
    else if ("message" in event && event.message) this.#pass(event.message);
  }

  async caughtUp(): Promise<boolean | undefined> {
    if (!this.#told) return undefined;
    await this.#waitToCatchUp(this.#host.configuration.handshakeTimeoutInMs);
    return isCatchingUp(this.#state) ? undefined : this.#recovered;
  }

  async review(at: EndpointAndEpoch, signal: AbortSignal): Promise<Review | undefined> {
    if (!this.#told || this.#reading) return undefined;
    this.#take({ type: "check" });
    return this.#read(at, signal);
  }

  publish(
    group: string,
    content: JSONTypes | ArrayBuffer,
    options: PublishOptions,
  ): Promise<PublishResult> {
    this.#lastKey += 1;
    const key = `${this.#keyPrefix}-${this.#lastKey}`;
    return publish(this.#host, { group, key, content, options });
  }

  stop(): void {
    this.#isStarted = false;
    this.#reading?.abort();
    this.#unplan();
    for (const hold of this.#holds) clearTimeout(hold);
    this.#holds.clear();
    for (const stream of this.#state.streams.values()) stream.isHolding = false;
    for (const resolve of this.#onCaughtUp) resolve();
  }

  #take(event: PositionEvent<Message>): void {
    const wasCatchingUp = isCatchingUp(this.#state);
    const effects = advance(this.#state, event);
    const deliveries = effects.filter((effect) => effect.type === "deliver");
    const streams = effects.flatMap(({ type, ...told }) => {
      return type === "told" && "recovered" in told ? [told] : [];
    });
    const recovered = streams.every((stream) => stream.recovered);
    const replayed = deliveries.filter(({ isReplayed }) => isReplayed).length;
    this.#recovered &&= recovered;
    const isNews = wasCatchingUp || !recovered || replayed > 0;
    const due: Due[] = [...deliveries];
    if (isNews && streams.length > 0)
      due.unshift({ type: "tell", args: { recovered, replayed, streams } });
    for (const { type, ...effect } of effects) {
      if (type === "hold" && "stream" in effect) this.#hold(effect.stream, event.type === "check");
    }
    // Whatever makes many look at once shall not make them ask at once.
    const spreadInMs = event.type === "check" ? this.#spreadInMs : 0;
    if (effects.some(({ type }) => type === "read")) this.#plan(Math.random() * spreadInMs);
    this.#enqueue(due);
    if (wasCatchingUp && !isCatchingUp(this.#state))
      for (const resolve of this.#onCaughtUp) resolve();
  }

  /** It has no place, or nobody keeps any. */
  #pass(message: Message): void {
    const place = { stream: "", position: undefined, isReplayed: false };
    this.#enqueue([{ type: "deliver", message, ...place }]);
  }

  get #spreadInMs(): number {
    return this.#host.appServers.reconnectSpreadInMs;
  }

  /** A listener may do anything, such as stop the client: then the rest waits for the next start. */
  #enqueue(due: readonly Due[]): void {
    this.#due.push(...due);
    if (this.#isDelivering) return;
    this.#isDelivering = true;
    const { emitter } = this.#host;
    while (this.#isStarted) {
      const next = this.#due.shift();
      if (!next) break;
      if (next.type === "tell") emitter.emit("continuity", next.args);
      else emitMessage(emitter, next.message, next.isReplayed ? { replayed: true } : undefined);
    }
    this.#isDelivering = false;
  }

  #hold(stream: string, isOfMany: boolean): void {
    const inMs = isOfMany
      ? Math.random() * Math.max(this.#holdBackInMs, this.#spreadInMs)
      : this.#holdBackInMs;
    const timer = setTimeout(() => {
      this.#holds.delete(timer);
      this.#take({ type: "held", stream });
    }, inMs);
    this.#holds.add(timer);
  }

  #plan(inMs: number): void {
    const at = Math.max(performance.now() + inMs, this.#notBefore);
    if (this.#reading || !this.#isStarted || at >= this.#readAt) return;
    this.#unplan();
    this.#readAt = at;
    this.#timer = setTimeout(() => {
      this.#unplan();
      void this.#read();
    }, at - performance.now());
  }

  #unplan(): void {
    clearTimeout(this.#timer);
    this.#readAt = Number.POSITIVE_INFINITY;
  }

  /** @returns Undefined when nobody has answered; it is planned to ask again. */
  async #read(at?: EndpointAndEpoch, signal?: AbortSignal): Promise<Review | undefined> {
    const questions = ask(this.#state, maxStreams);
    if (questions.size === 0 && !at) return undefined;
    const { appServers } = this.#host;
    const reading = new AbortController();
    const abort = (): void => reading.abort();
    this.#unplan();
    this.#reading = reading;
    signal?.addEventListener("abort", abort);
    let answer: HistoryAnswer | undefined;
    try {
      const body = this.#bodyOf(questions, at);
      answer = await appServers.ask(appServers.servers, reading.signal, (server, ended) =>
        readHistory(server, body, ended),
      );
    } catch (error) {
      this.#onFailure(retryAfterOf(error as object));
      const isRefused = isNegotiateError(error) && error.status === 401;
      if (isRefused) await appServers.negotiate([], reading.signal).catch(() => {});
    } finally {
      signal?.removeEventListener("abort", abort);
      this.#reading = undefined;
    }
    if (!answer) {
      this.#take({ type: "failed" });
      return undefined;
    }
    const { answers } = answer;
    const isWhole = [...questions.keys()].every(
      (name) => answers.get(name)?.position ?? answers.get(name)?.reason === "forbidden",
    );
    if (isWhole) this.#failures = this.#notBefore = 0;
    else this.#onFailure(0);
    this.#take({ type: "answered", answers });
    return answer.review;
  }

  #onFailure(retryAfterInMs: number): void {
    this.#failures += 1;
    const pauseInMs = backoffInMs(this.#host.configuration, this.#failures, Math.random());
    this.#notBefore = performance.now() + Math.max(retryAfterInMs, pauseInMs);
  }

  #bodyOf(
    questions: ReadonlyMap<string, StreamQuestion>,
    at: EndpointAndEpoch | undefined,
  ): string {
    const since: Record<string, string> = {};
    const seen: Record<string, string> = {};
    for (const [name, question] of questions) {
      since[name] = writePosition(question.since);
      if (question.seen) seen[name] = writePosition(question.seen);
    }
    const address = at && { endpoint: at.endpoint, epoch: at.epoch, incarnation: at.incarnation };
    const connections = this.#connections;
    return JSON.stringify({ grant: this.#grant, since, seen, connections, at: address });
  }

  /** Resolves when it has, when it is stopped, or after that time. */
  #waitToCatchUp(inMs: number): Promise<void> {
    if (!isCatchingUp(this.#state)) return Promise.resolve();
    return new Promise((resolve) => {
      const finish = (): void => {
        clearTimeout(timer);
        this.#onCaughtUp.delete(finish);
        resolve();
      };
      const timer = setTimeout(finish, inMs);
      this.#onCaughtUp.add(finish);
    });
  }
}
