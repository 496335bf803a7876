import type { Review } from "../app-server.ts";
import { backoffInMs, retryAfterOf } from "../backoff.ts";
import { Cancellation } from "../cancellation.ts";
import type { OnContinuityArgs, StreamRecovery } from "../client-events.ts";
import type { ContinuityFactory, ContinuityHost } from "../continuity-host.ts";
import type { Continuity } from "../continuity-option.ts";
import type { ContinuityPort, Message } from "../continuity-port.ts";
import { emitMessage } from "../emit-message.ts";
import { type NegotiateError, PubSubClientError } from "../errors.ts";
import type { EndpointAndEpoch } from "../negotiated-endpoint.ts";
import { isObject, number, type Rule, readOptions } from "../options.ts";
import type {
  AbortSignalLike,
  JSONTypes,
  PublishOptions,
  PublishResult,
  SavedPositions,
} from "../wire-types.ts";
import { readPositions, type StreamPosition, writePosition } from "./envelope.ts";
import { type HistoryAnswer, readHistory } from "./history-request.ts";
import { readIncoming } from "./incoming.ts";
import { advance, ask, initialPositions, isCatchingUp, positionsOf } from "./positions.ts";
import { publish, renewGrant } from "./publish.ts";
import { readSavedPositions } from "./saved-positions.ts";
import type { ClientPositions, PositionEvent, StreamQuestion } from "./stream-state.ts";
import { waitFor } from "./wait-for.ts";

const maxStreams = 64;
const maxConnections = 8;
/** Of messages with a position, and of those without: whatever comes twice does so soon. */
const maxSavedIds = 64;
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
  const { since = NOTHING, holdBackInMs } = readOptions(options, OPTIONS, "continuity.") as Options;
  const saved = readSavedPositions(since);
  if (!saved) throw refused("since is what client.positions was");
  const factory: ContinuityFactory = {
    attach: (host, negotiate) => {
      if (typeof negotiate === "function") throw refused("it needs negotiate by URL");
      return new KeptPositions(host, holdBackInMs, since, saved);
    },
  };
  return factory;
}

type Options = Required<Pick<ContinuityOptions, "holdBackInMs">> & { since?: SavedPositions };

const OPTIONS: Readonly<Record<keyof ContinuityOptions, Rule>> = {
  since: [isObject, "what client.positions was"],
  holdBackInMs: number(250),
};

const NOTHING: SavedPositions = { streams: {}, connections: [] };

const refused = (why: string): PubSubClientError =>
  new PubSubClientError("ERR_INVALID_OPTIONS", `Option continuity: ${why}.`);

/** What is to be given to the application, in this order. */
type Due = Delivery | OnContinuityArgs;

interface Delivery {
  readonly message: Message;
  /** Undefined for a message without a place. */
  readonly position?: StreamPosition | undefined;
  readonly stream?: string;
  readonly isReplayed?: boolean;
}

/** Carries out what the positions of one client demand. */
class KeptPositions implements ContinuityPort {
  readonly #host: ContinuityHost;
  readonly #holdBackInMs: number;
  readonly #state: ClientPositions<Message>;
  /** Unique to this client, and counted up by it. */
  readonly #keyPrefix = Math.random().toString(36).slice(2) + Date.now().toString(36);
  #lastKey = 0;
  #grant: string | undefined;
  #connections: readonly string[];
  /** What negotiate told last; undefined where there is no history. */
  #told: Record<string, StreamPosition> | undefined;
  /** Ends with the run of the client. */
  #run: Cancellation | undefined;
  #isDelivering = false;
  #due: Due[] = [];
  readonly #holds = new Set<ReturnType<typeof setTimeout>>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #readAt = Number.POSITIVE_INFINITY;
  #notBefore = 0;
  #failures = 0;
  #isReading = false;
  /** Since the connection is up. */
  #recovered = true;
  readonly #onCaughtUp = new Set<() => void>();

  constructor(
    host: ContinuityHost,
    holdBackInMs: number,
    { grant, connections, received }: SavedPositions,
    saved: Record<string, StreamPosition>,
  ) {
    this.#host = host;
    this.#holdBackInMs = holdBackInMs;
    this.#grant = grant;
    this.#connections = connections;
    this.#state = initialPositions(saved, received);
  }

  get query(): object {
    return { history: "1", grant: this.#grant };
  }

  get positions(): SavedPositions {
    const known = positionsOf(this.#state);
    // What waits to be delivered has not been received.
    const [bypassed, logged] = [[...this.#state.bypassed], [...this.#state.logged]];
    for (const due of [...this.#due].reverse()) {
      if (!("message" in due && due.stream)) continue;
      (due.position ? logged : bypassed).pop();
      if (!due.position) continue;
      const { epoch, offset } = due.position;
      known[due.stream] = { epoch, offset: offset - 1 };
    }
    const received = [...logged.slice(-maxSavedIds), ...bypassed.slice(-maxSavedIds)];
    return {
      ...(this.#grant && { grant: this.#grant }),
      streams: mapValues(Object.entries(known), writePosition),
      connections: this.#connections,
      ...(received.length > 0 && { received }),
    };
  }

  onNegotiated(history: unknown, grant: string | undefined): number | undefined {
    this.#grant = grant ?? this.#grant;
    // Of several app servers one may not have it yet, or not any more.
    this.#told = isObject(history) ? readPositions(history.positions) : this.#told && {};
    return this.#told && CHECK_AFTER_IN_MS;
  }

  onConnected(connectionId: string | undefined): void {
    if (connectionId) {
      const others = this.#connections.filter((id) => id !== connectionId);
      this.#connections = [...others, connectionId].slice(-maxConnections);
    }
    this.#run ??= new Cancellation();
    this.#recovered = true;
    if (this.#told) this.#take({ type: "connected", positions: this.#told });
    // What was left when the client was stopped.
    this.#enqueue();
  }

  async onJoined(group: string): Promise<unknown> {
    if (!this.#told || !this.#run) return;
    this.#take({ type: "joined", stream: `g:${group}` });
    return this.#waitToCatchUp(JOINED_WITHIN_IN_MS);
  }

  onLeft(group: string): void {
    this.#take({ type: "left", stream: `g:${group}` });
  }

  onMessage(message: Message): void {
    const event = readIncoming(message, this.#connections);
    if (event && this.#told) this.#take(event);
    // It has no place, or nobody keeps any.
    else if (!event) this.#enqueue({ message });
    else if ("message" in event && event.message) this.#enqueue({ message: event.message });
  }

  async caughtUp(): Promise<{ readonly recovered: boolean } | undefined> {
    if (!this.#told) return undefined;
    await this.#waitToCatchUp(this.#host.configuration.handshakeTimeoutInMs);
    return isCatchingUp(this.#state) ? undefined : { recovered: this.#recovered };
  }

  async review(at: EndpointAndEpoch, signal: AbortSignalLike): Promise<Review | undefined> {
    if (!this.#told || this.#isReading) return undefined;
    this.#take({ type: "check" });
    return this.#read(signal, at);
  }

  publish(
    group: string,
    content: JSONTypes | ArrayBuffer,
    options: PublishOptions,
  ): Promise<PublishResult> {
    this.#lastKey += 1;
    const key = `${this.#keyPrefix}-${this.#lastKey}`;
    return publish(this.#host, () => this.#grant, { group, key, content, options });
  }

  stop(): void {
    this.#run?.abort();
    this.#run = undefined;
    this.#unplan();
    for (const hold of this.#holds) clearTimeout(hold);
    this.#holds.clear();
    for (const stream of this.#state.streams.values()) stream.isHolding = false;
    this.#settle();
  }

  #take(event: PositionEvent<Message>): void {
    const wasCatchingUp = isCatchingUp(this.#state);
    // Whatever makes many look at once shall not make them ask at once.
    const { reconnectSpreadInMs } = this.#host.appServers;
    const spreadInMs = event.type === "check" ? reconnectSpreadInMs : 0;
    const readInMs = Math.random() * spreadInMs;
    const deliveries: Delivery[] = [];
    const streams: StreamRecovery[] = [];
    for (const { type, ...effect } of advance(this.#state, event)) {
      if (type === "read") this.#plan(readInMs);
      else if ("message" in effect) deliveries.push(effect);
      else if ("recovered" in effect) streams.push(effect);
      else if ("stream" in effect) this.#hold(effect.stream, spreadInMs);
    }
    const recovered = streams.every((stream) => stream.recovered);
    const replayed = deliveries.filter(({ isReplayed }) => isReplayed).length;
    this.#recovered &&= recovered;
    const isNews = streams.length > 0 && (wasCatchingUp || !recovered || replayed > 0);
    this.#enqueue(...(isNews ? [{ recovered, replayed, streams }] : []), ...deliveries);
    if (!isCatchingUp(this.#state)) this.#settle();
  }

  /** Nobody waits for it any more. */
  #settle(): void {
    for (const resolve of this.#onCaughtUp) resolve();
  }

  /** A listener may do anything, such as stop the client: then the rest waits for the next start. */
  #enqueue(...due: readonly Due[]): void {
    this.#due.push(...due);
    if (this.#isDelivering) return;
    this.#isDelivering = true;
    const { emitter } = this.#host;
    while (this.#run) {
      const next = this.#due.shift();
      if (!next) break;
      if ("message" in next)
        emitMessage(emitter, next.message, next.isReplayed && { replayed: true });
      else emitter.emit("continuity", next);
    }
    this.#isDelivering = false;
  }

  #hold(stream: string, spreadInMs: number): void {
    const holdBackInMs = this.#holdBackInMs;
    const inMs = spreadInMs ? Math.random() * Math.max(holdBackInMs, spreadInMs) : holdBackInMs;
    const timer = setTimeout(() => {
      this.#holds.delete(timer);
      this.#take({ type: "held", stream });
    }, inMs);
    this.#holds.add(timer);
  }

  #plan(inMs: number): void {
    const run = this.#run;
    const at = Math.max(performance.now() + inMs, this.#notBefore);
    if (this.#isReading || !run || at >= this.#readAt) return;
    this.#unplan();
    this.#readAt = at;
    this.#timer = setTimeout(() => void this.#read(run), at - performance.now());
  }

  #unplan(): void {
    clearTimeout(this.#timer);
    this.#readAt = Number.POSITIVE_INFINITY;
  }

  /** @returns Undefined when nobody has answered; it is planned to ask again. */
  async #read(signal: AbortSignalLike, at?: EndpointAndEpoch): Promise<Review | undefined> {
    this.#unplan();
    const questions = ask(this.#state, maxStreams);
    if (questions.size === 0 && !at) return undefined;
    const { appServers } = this.#host;
    const body = this.#bodyOf([...questions], at);
    this.#isReading = true;
    let answer: HistoryAnswer | undefined;
    try {
      answer = await appServers.ask(signal, (server, ended) => readHistory(server, body, ended));
    } catch (error) {
      this.#onFailure(retryAfterOf(error as object));
      if ((error as NegotiateError).status === 401) await renewGrant(appServers, signal);
    }
    this.#isReading = false;
    if (!answer) {
      this.#take({ type: "failed" });
      return undefined;
    }
    const { answers, review } = answer;
    const isWhole = [...questions.keys()].every(
      (name) => answers.get(name)?.position ?? answers.get(name)?.reason === "forbidden",
    );
    if (isWhole) this.#failures = this.#notBefore = 0;
    else this.#onFailure(0);
    this.#take({ type: "answered", answers });
    return review;
  }

  #onFailure(retryAfterInMs: number): void {
    this.#failures += 1;
    const pauseInMs = backoffInMs(this.#host.configuration, this.#failures, Math.random());
    this.#notBefore = performance.now() + Math.max(retryAfterInMs, pauseInMs);
  }

  #bodyOf(
    questions: readonly (readonly [string, StreamQuestion])[],
    at: EndpointAndEpoch | undefined,
  ): string {
    return JSON.stringify({
      grant: this.#grant,
      since: mapValues(questions, ({ since }) => writePosition(since)),
      seen: mapValues(questions, ({ seen }) => seen && writePosition(seen)),
      connections: this.#connections,
      at: at && { endpoint: at.endpoint, epoch: at.epoch, incarnation: at.incarnation },
    });
  }

  /** Resolves when it has, when it is stopped, or after that time. */
  async #waitToCatchUp(inMs: number): Promise<void> {
    if (!isCatchingUp(this.#state)) return;
    await waitFor(inMs, (finish) => {
      this.#onCaughtUp.add(finish);
      return () => this.#onCaughtUp.delete(finish);
    });
  }
}

const mapValues = <From, To>(
  entries: readonly (readonly [string, From])[],
  map: (from: From) => To,
): Record<string, To> => Object.fromEntries(entries.map(([name, value]) => [name, map(value)]));
