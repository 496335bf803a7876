import type { PositionEffect } from "../../../../src/client/continuity/stream-state.ts";
import type { StreamPosition } from "../../../../src/contract/history-store.ts";
import type { Connection } from "./simulated-region.ts";

/** What is known of a message, by all that has really happened to it. */
interface Message {
  readonly number: number;
  readonly stream: string;
  readonly sender: string;
  /** Messages of the same have an order. */
  order: string;
  readonly sentAt: number;
  /** By client: the connection that is not sent it. */
  readonly excluded: ReadonlyMap<number, string>;
  /**
   * When it was first logged, or given to a region without being logged. Whoever is told later that
   * it misses something knows of it, though a store that is lost may log it once more.
   */
  liveAt: number | undefined;
  isLogged: boolean;
  /** How often it was logged, or was not to be: once, but by stores of which one has failed over. */
  reasons: number;
  fanOuts: number;
  isAtZombie: boolean;
  isBypassed: boolean;
  /** Its server was killed before it could tell of it. */
  isExcused: boolean;
}

interface Logged {
  readonly number: number;
  readonly run: string;
}

/** How a client came through. */
interface Reading {
  /** When it first had a position. */
  begunAt: number | undefined;
  /** When it was last told that it misses something. */
  toldAt: number;
  readonly delivered: Set<number>;
  /** By order: the last that came with a position. */
  readonly last: Map<string, number>;
}

/** `appendTimeoutInMs`, with what clocks differ by. */
const maxDelayOfSendInMs = 103;

const keyOf = (stream: string, { epoch, offset }: StreamPosition): string =>
  `${stream} ${epoch}:${offset}`;

/**
 * Watches a hub for what must never happen. It knows what was really sent, logged, received and told;
 * it uses no logic of the code under test.
 */
export class Judge {
  readonly violations: string[] = [];
  readonly trace: string[] = [];
  readonly messages: Message[] = [];
  readonly #now: () => number;
  readonly #isTraced: boolean;
  readonly #logged = new Map<string, Logged>();
  readonly #readings = new Map<string, Reading>();
  /** By connection and message: how often it has still to arrive. */
  readonly #published = new Map<string, number>();
  /** By stream and epoch and order: the last number that was logged. */
  readonly #lastLogged = new Map<string, number>();

  constructor(now: () => number, isTraced: boolean) {
    this.#now = now;
    this.#isTraced = isTraced;
  }

  note(line: () => string): void {
    if (this.#isTraced) this.trace.push(`${this.#now().toFixed(0).padStart(6)} ${line()}`);
  }

  expect(isRight: boolean, violation: () => string): void {
    if (isRight || this.violations.length >= 20) return;
    const text = violation();
    this.violations.push(text);
    this.note(() => `!!! ${text}`);
  }

  /** @param isRepeated It may also be sent by another server, and then has no order. */
  sent(
    sender: string,
    stream: string,
    excluded: ReadonlyMap<number, string>,
    isRepeated: boolean,
  ): number {
    const number = this.messages.length;
    const order = isRepeated ? `message ${number}` : sender;
    this.note(() => `${sender} sends ${number} to ${stream}`);
    this.messages.push({
      number,
      stream,
      sender,
      order,
      sentAt: this.#now(),
      excluded,
      liveAt: undefined,
      isLogged: false,
      reasons: 0,
      fanOuts: 0,
      isAtZombie: false,
      isBypassed: false,
      isExcused: false,
    });
    return number;
  }

  /**
   * A server does not wait any more until a message is logged. That may happen all the same, by a link
   * that it has given up, after messages that it has logged by the next link.
   */
  givenUp(number: number): void {
    this.#message(number).order = `message ${number}`;
  }

  /** A message was sent live without being logged. */
  bypassed(number: number): void {
    this.givenUp(number);
    const message = this.#message(number);
    message.liveAt = this.#now();
    message.isBypassed = true;
    message.reasons += 1;
    this.note(() => `${message.sender} bypasses ${number}`);
  }

  logged(number: number, stream: string, position: StreamPosition, run: string, isZombie: boolean) {
    const message = this.#message(number);
    message.liveAt ??= this.#now();
    message.isLogged = true;
    message.reasons += 1;
    message.isAtZombie ||= isZombie;
    const key = keyOf(stream, position);
    const before = this.#logged.get(key);
    this.note(() => `store ${run}: ${number} is ${key}`);
    this.expect(before === undefined, () => `pair: ${key} is ${before?.number} and ${number}`);
    this.#logged.set(key, { number, run });
    const order = `${stream} ${position.epoch} ${message.order}`;
    const last = this.#lastLogged.get(order) ?? -1;
    this.expect(last <= number, () => `log order: ${number} is logged after ${last} of ${order}`);
    this.#lastLogged.set(order, number);
  }

  /** A send has gone on after it was logged, or was not. */
  answered(number: number, tookInMs: number): void {
    const isInTime = tookInMs <= maxDelayOfSendInMs;
    this.expect(isInTime, () => `slow: ${number} was kept for ${tookInMs.toFixed(0)} ms`);
  }

  /** Who is sent a message live. */
  published(receivers: readonly Connection[], number: number): void {
    this.note(() => `${number} goes to ${receivers.map(({ id }) => id).join(", ")}`);
    for (const { id } of receivers) {
      const key = `${id} ${number}`;
      this.#published.set(key, (this.#published.get(key) ?? 0) + 1);
    }
  }

  /** Who is sent it once more. */
  publishedAgain(receivers: readonly Connection[], number: number): void {
    const excluded = [...this.#message(number).excluded.values()];
    const isRight = receivers.every(({ id }) => !excluded.includes(id));
    this.expect(isRight, () => `excluded: ${number} is sent again to who is not to get it`);
  }

  /** A server sends it to all regions. */
  fannedOut(number: number): void {
    const message = this.#message(number);
    message.fanOuts += 1;
    this.expect(
      message.fanOuts <= message.reasons,
      () => `repeated: ${number} is sent ${message.fanOuts} times`,
    );
  }

  /** Streams are renewed; so whatever this server has sent without its being logged is told. */
  restored(sender: string): void {
    for (const message of this.messages) {
      if (message.sender === sender) message.isBypassed = message.isAtZombie = false;
    }
  }

  killed(sender: string): void {
    this.note(() => `${sender} is killed`);
    for (const message of this.messages) {
      if (message.sender !== sender) continue;
      if (message.isBypassed || message.isAtZombie) message.isExcused = true;
    }
  }

  /**
   * What a client made of something that happened to it.
   *
   * @param connections The one that it came by; of an answer, those that it was asked for.
   */
  stepped(
    client: number,
    connections: readonly string[],
    before: Readonly<Record<string, StreamPosition>>,
    after: Readonly<Record<string, StreamPosition>>,
    effects: readonly PositionEffect<number>[],
  ): void {
    for (const effect of effects) {
      if (effect.type === "deliver") this.#delivered(client, connections, effect);
      else if (effect.type === "told") this.#told(client, effect);
    }
    for (const [stream, position] of Object.entries(after)) {
      const isTold = effects.some(
        (effect) => effect.type === "told" && effect.stream === stream && !effect.recovered,
      );
      this.#moved(client, stream, before[stream], position, isTold);
    }
  }

  /** It begins anew, with what it knew of positions. */
  reloaded(client: number): void {
    this.note(() => `client ${client} reloads`);
  }

  /** A connection that knows nothing of positions has got a message. */
  receivedPlain(connection: string, number: number): void {
    const key = `${connection} ${number}`;
    const left = this.#published.get(key) ?? 0;
    this.expect(left > 0, () => `plain: ${connection} got ${number} once too often`);
    this.#published.set(key, left - 1);
  }

  /** Whatever it was sent has arrived by now. */
  endedPlain(connection: string): void {
    for (const { number } of this.messages) {
      const left = this.#published.get(`${connection} ${number}`) ?? 0;
      this.expect(left === 0, () => `plain: ${connection} did not get ${number}`);
    }
  }

  /** The end, when all is over and everybody has looked. */
  ended(
    client: number,
    positions: Readonly<Record<string, StreamPosition>>,
    tops: Readonly<Record<string, StreamPosition>>,
    hasLooked: boolean,
  ): void {
    for (const [stream, top] of Object.entries(tops)) {
      const position = positions[stream];
      if (!position) continue;
      // Of an epoch that has only begun, nothing is missed.
      const isBeginning = top.offset === 0 && !hasLooked;
      const isAtTop =
        (position.epoch === top.epoch || isBeginning) &&
        (position.offset === top.offset || isBeginning);
      this.expect(
        isAtTop,
        () =>
          `behind: client ${client} ended at ${keyOf(stream, position)}, the top is ${keyOf("", top)}`,
      );
    }
    for (const message of this.messages) this.#expectKnown(client, message);
  }

  #expectKnown(client: number, message: Message): void {
    const { number, stream, liveAt, sentAt, isExcused, excluded } = message;
    const reading = this.#readings.get(`${client} ${stream}`);
    if (reading?.begunAt === undefined || liveAt === undefined || isExcused) return;
    if (reading.begunAt > sentAt || excluded.has(client)) return;
    const isKnown = reading.delivered.has(number) || reading.toldAt >= liveAt;
    this.expect(
      isKnown,
      () => `untold: client ${client} misses ${number} of ${stream}, and was not told`,
    );
  }

  #delivered(
    client: number,
    connections: readonly string[],
    {
      stream,
      position,
      message: number,
      isReplayed,
    }: Extract<PositionEffect<number>, { type: "deliver" }>,
  ): void {
    const { delivered, last } = this.#reading(client, stream);
    const where = position ? keyOf(stream, position) : `${stream} without position`;
    this.note(() => `client ${client} gets ${number} ${where}${isReplayed ? ", replayed" : ""}`);
    this.expect(!delivered.has(number), () => `doubled: client ${client} got ${number} twice`);
    delivered.add(number);
    const message = this.messages[number];
    this.expect(
      message?.stream === stream,
      () => `foreign: client ${client} got ${number} in ${stream}`,
    );
    this.expect(
      !isReplayed || !connections.includes(message?.excluded.get(client) ?? ""),
      () => `excluded: client ${client} got ${number}, which excludes it`,
    );
    if (!position || !message) return;
    const before = last.get(message.order) ?? -1;
    this.expect(
      before <= number,
      () => `inverted: client ${client} got ${number} after ${before} of ${message.order}`,
    );
    last.set(message.order, number);
  }

  #told(
    client: number,
    { stream, recovered, reason }: Extract<PositionEffect<number>, { type: "told" }>,
  ): void {
    this.note(() => `client ${client} is told ${recovered} (${reason ?? ""}) of ${stream}`);
    if (!recovered) this.#reading(client, stream).toldAt = this.#now();
  }

  #moved(
    client: number,
    stream: string,
    before: StreamPosition | undefined,
    after: StreamPosition,
    isTold: boolean,
  ): void {
    const reading = this.#reading(client, stream);
    if (before === undefined) {
      this.note(() => `client ${client} begins at ${keyOf(stream, after)}`);
      reading.begunAt ??= this.#now();
    }
    if (before === undefined || isTold) return;
    const isForward = before.epoch === after.epoch && before.offset <= after.offset;
    this.expect(
      isForward,
      () => `silent: client ${client} goes from ${keyOf(stream, before)} to ${keyOf("", after)}`,
    );
    if (!isForward) return;
    for (let offset = before.offset + 1; offset <= after.offset; offset += 1) {
      this.#expectHad(client, stream, { epoch: after.epoch, offset });
    }
  }

  #expectHad(client: number, stream: string, position: StreamPosition): void {
    const entry = this.#logged.get(keyOf(stream, position));
    this.expect(
      entry !== undefined,
      () => `invented: client ${client} is beyond ${keyOf(stream, position)}`,
    );
    if (!entry) return;
    const isHad =
      this.#message(entry.number).excluded.has(client) ||
      this.#reading(client, stream).delivered.has(entry.number);
    this.expect(
      isHad,
      () => `hole: client ${client} went over ${entry.number} at ${keyOf(stream, position)}`,
    );
  }

  #reading(client: number, stream: string): Reading {
    const key = `${client} ${stream}`;
    const known = this.#readings.get(key);
    if (known) return known;
    const begun: Reading = {
      begunAt: undefined,
      toldAt: Number.NEGATIVE_INFINITY,
      delivered: new Set(),
      last: new Map(),
    };
    this.#readings.set(key, begun);
    return begun;
  }

  #message(number: number): Message {
    const message = this.messages[number];
    if (!message) throw new Error(`There is no message ${number}`);
    return message;
  }
}
