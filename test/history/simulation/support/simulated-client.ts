import {
  type Envelope,
  readEnvelope,
  readPosition,
  writePosition,
} from "../../../../src/client/continuity/envelope.ts";
import type {
  ClientPositions,
  PositionEvent,
  StreamAnswer,
} from "../../../../src/client/continuity/stream-state.ts";
import type { StreamPosition } from "../../../../src/contract/history-store.ts";
import type { Core } from "../../../client/continuity/support/model-run.ts";
import type { Timeline } from "../../../coordination/support/virtual-clock.ts";
import type { Judge } from "./judge.ts";
import type { Mutations } from "./mutations.ts";
import type { Connection, Received, SimulatedRegion } from "./simulated-region.ts";
import type { ClientPlan } from "./story.ts";

/** What a client asks of whichever app server it meets. */
export interface AppServers {
  /** @throws when it is not answered */
  negotiate(client: number): Promise<{
    readonly region: number;
    readonly positions: Readonly<Record<string, string>>;
  }>;
  /** @throws when it is not answered */
  catchUp(client: number, request: string): Promise<string>;
}

export interface ClientWorld {
  readonly timeline: Timeline;
  readonly random: () => number;
  readonly delayInMs: number;
  readonly judge: Judge;
  readonly servers: AppServers;
  readonly regions: readonly SimulatedRegion[];
  /** How often it looks whether it has everything; undefined: never. */
  readonly checkIntervalInMs: number | undefined;
  readonly mutations: Mutations;
}

export const USER = "ada";
export const GROUP = "room";
export const CONTINUITY_GROUP = "resilient-pubsub.continuity";
const HOLD_BACK_IN_MS = 250;
const maxFormerConnections = 8;

const STREAM_OF = { a: "a", g: `g:${GROUP}`, u: "u" } as const;

/** The name that servers have for the stream of a client. */
export const serverNameOf = (stream: string): string => (stream === "u" ? `u:${USER}` : stream);

type Event = PositionEvent<number>;

/** A client with the real logic of positions, and no more than it needs around it. */
export class SimulatedClient {
  readonly index: number;
  readonly isPlain: boolean;
  connection: Connection | undefined;
  readonly #world: ClientWorld;
  readonly #plan: ClientPlan;
  readonly #core: Core;
  region: SimulatedRegion | undefined;
  /** Connections of a plain client that the service has not ended. */
  readonly steadyConnections = new Set<string>();
  #state: ClientPositions<number>;
  #ids: string[] = [];
  #isReading = false;
  #failures = 0;
  #connections = 0;
  /** Of a search for an endpoint; changes with each. */
  #search = 0;
  /** Changes with each page. */
  #page = 0;
  #wishedRegion: number | undefined;

  constructor(index: number, plan: ClientPlan, world: ClientWorld) {
    this.index = index;
    this.isPlain = plan.isPlain;
    this.#plan = plan;
    this.#world = world;
    this.#core = world.mutations.core;
    this.#state = this.#core.initialPositions();
    world.timeline.in(plan.startsAt, () => this.#seek(0));
    this.#checkLater();
  }

  get positions(): Record<string, StreamPosition> {
    return byServerName(this.#core.positionsOf(this.#state));
  }

  get isConnected(): boolean {
    return this.connection?.deliver !== undefined;
  }

  /** The connection breaks. The service keeps it for a while. */
  cut(backInMs: number): void {
    const connection = this.connection;
    if (!connection?.deliver) return;
    this.#world.judge.note(() => `client ${this.index} is cut off`);
    connection.deliver = undefined;
    this.#world.timeline.in(backInMs, () => {
      if (connection !== this.connection) return;
      const isKnown = this.region?.connections.get(connection.id) === connection;
      this.#world.judge.note(() => `client ${this.index} is back: ${isKnown}`);
      if (isKnown)
        this.region?.resume(connection, (received) => this.#receive(received, connection.id));
      else this.#seek(0);
    });
  }

  /** The service has ended the connection. */
  lost(): void {
    if (this.connection) this.steadyConnections.delete(this.connection.id);
    this.connection = undefined;
    this.#seek(0);
  }

  /** It goes to another region, while the old connection still has something for it. */
  move(region: number, oldFramesInMs: number): void {
    const { connection } = this;
    const old = this.region;
    if (!connection || !old) return;
    this.#wishedRegion = region;
    connection.deliver = undefined;
    this.#world.timeline.in(oldFramesInMs, () => {
      const page = this.#page;
      old.resume(connection, (received) => {
        if (page === this.#page) this.#receive(received, connection.id);
      });
      old.connections.delete(connection.id);
    });
    this.#seek(0);
  }

  reload(): void {
    if (this.isPlain) return;
    this.#world.judge.reloaded(this.index);
    const { connection } = this;
    if (connection) {
      connection.deliver = undefined;
      this.region?.connections.delete(connection.id);
    }
    this.connection = undefined;
    this.#page += 1;
    this.#isReading = false;
    const { bypassed, logged } = this.#state;
    const saved = this.#core.positionsOf(this.#state);
    this.#state = this.#core.initialPositions(saved, [...logged, ...bypassed]);
    this.#seek(0);
  }

  #seek(failures: number): void {
    this.#search += 1;
    const search = this.#search;
    const { timeline, servers, random } = this.#world;
    const pauseInMs = failures === 0 ? 0 : (0.5 + random()) * Math.min(2000, 100 * 2 ** failures);
    timeline.in(pauseInMs, () => {
      if (search !== this.#search) return;
      servers.negotiate(this.index).then(
        ({ region, positions }) => {
          if (search === this.#search)
            this.#connect(this.#wishedRegion ?? region, positions, search, failures);
        },
        () => {
          if (search === this.#search) this.#seek(failures + 1);
        },
      );
    });
  }

  #connect(
    index: number,
    positions: Readonly<Record<string, string>>,
    search: number,
    failures: number,
  ): void {
    const { timeline, random, delayInMs, regions, judge } = this.#world;
    timeline.in(random() * delayInMs, () => {
      if (search !== this.#search) return;
      this.#wishedRegion = undefined;
      const region = regions[index];
      if (!region || region.isDown) return this.#seek(failures + 1);
      this.#connections += 1;
      const id = `c${this.index}.${this.#connections}`;
      const groups = this.isPlain ? [] : [CONTINUITY_GROUP];
      const connection = region.connect(id, USER, groups);
      this.connection = connection;
      this.region = region;
      this.steadyConnections.add(id);
      this.#ids = [id, ...this.#ids].slice(0, maxFormerConnections);
      judge.note(() => `client ${this.index} connects to ${region.name} as ${id}`);
      connection.deliver = (received) => this.#receive(received, connection.id);
      this.#onThe(connection, () =>
        this.#run({ type: "connected", positions: readPositions(positions) }),
      );
      this.#join(connection, region);
    });
  }

  #join(connection: Connection, region: SimulatedRegion): void {
    this.#world.timeline.in(this.#plan.joinsInMs, () => {
      if (region.connections.get(connection.id) !== connection) return;
      connection.groups.add(GROUP);
      this.#onThe(connection, () => this.#run({ type: "joined", stream: STREAM_OF.g }));
    });
  }

  /** In the order of what comes on the connection. */
  #onThe(connection: Connection, run: () => void): void {
    const { random, delayInMs } = this.#world;
    const page = this.#page;
    connection.pipe.in(random() * delayInMs, () => {
      if (connection === this.connection && page === this.#page) run();
    });
  }

  #receive({ text, envelope, isFirst }: Received, connection: string): void {
    const read = readEnvelope(envelope);
    if (this.isPlain) {
      const { judge } = this.#world;
      const isMessage = isFirst && (read?.type === "m" || read?.type === "b");
      judge.expect(
        isMessage,
        () => `plain: client ${this.index} got ${envelope}, first ${isFirst}`,
      );
      if (isMessage) judge.receivedPlain(connection, JSON.parse(text));
      return;
    }
    if (!read) throw new Error(`No envelope: ${envelope}`);
    const event = eventOf(read, text);
    if (event) this.#run(event, [connection]);
  }

  #run(event: Event, connections: readonly string[] = []): void {
    const { judge, timeline } = this.#world;
    if (this.isPlain) return;
    const before = this.positions;
    const effects = this.#core.advance(this.#state, event);
    const named = effects.map((effect) =>
      "stream" in effect ? { ...effect, stream: serverNameOf(effect.stream) } : effect,
    );
    judge.stepped(this.index, connections, before, this.positions, named);
    const page = this.#page;
    for (const effect of effects) {
      if (effect.type === "read") this.#read();
      if (effect.type !== "hold") continue;
      const { stream } = effect;
      timeline.in(HOLD_BACK_IN_MS, () => {
        if (page === this.#page) this.#run({ type: "held", stream });
      });
    }
  }

  #read(): void {
    if (this.#isReading) return;
    const questions = this.#core.ask(this.#state, 64);
    if (questions.size === 0) return;
    this.#isReading = true;
    const since = Object.fromEntries(
      [...questions].map(([name, one]) => [name, writePosition(one.since)]),
    );
    const seen = Object.fromEntries(
      [...questions].flatMap(([name, one]) => (one.seen ? [[name, writePosition(one.seen)]] : [])),
    );
    const request = JSON.stringify({ grant: "", since, seen, connections: this.#ids });
    this.#world.judge.note(() => `client ${this.index} asks ${JSON.stringify({ since, seen })}`);
    const { connections } = JSON.parse(request);
    const page = this.#page;
    this.#world.servers.catchUp(this.index, request).then(
      (answer) => {
        if (page !== this.#page) return;
        this.#isReading = false;
        this.#failures = 0;
        this.#run({ type: "answered", answers: readAnswers(answer) }, connections);
      },
      () => this.#failLater(page),
    );
  }

  #failLater(page: number): void {
    const { timeline, random } = this.#world;
    this.#failures = Math.min(5, this.#failures + 1);
    timeline.in((0.5 + random()) * 50 * 2 ** this.#failures, () => {
      if (page !== this.#page) return;
      this.#isReading = false;
      this.#run({ type: "failed" });
    });
  }

  #checkLater(): void {
    const { checkIntervalInMs, timeline, random } = this.#world;
    if (checkIntervalInMs === undefined || this.isPlain) return;
    timeline.in(checkIntervalInMs * (0.75 + random() / 2), () => {
      if (this.isConnected) this.#run({ type: "check" });
      this.#checkLater();
    });
  }
}

function eventOf({ type, kind, position, id }: Envelope, text: string): Event | undefined {
  const stream = kind === "*" ? undefined : STREAM_OF[kind];
  if (type === "c") return { type: "check", stream, position };
  if (!stream) return undefined;
  const message = type === "s" ? undefined : JSON.parse(text);
  if (type === "b") return id ? { type: "bypassed", stream, id, message } : undefined;
  return position && { type: "message", stream, position, id, message, size: text.length };
}

function byServerName<T>(streams: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(
    Object.entries(streams).map(([stream, value]) => [serverNameOf(stream), value]),
  );
}

function readPositions(texts: Readonly<Record<string, string>>): Record<string, StreamPosition> {
  return Object.fromEntries(
    Object.entries(texts).flatMap(([name, text]) => {
      const position = readPosition(text);
      return position ? [[name, position]] : [];
    }),
  );
}

interface WireAnswer {
  readonly position: string;
  readonly recovered: boolean;
  readonly reason?: string;
  readonly messages: readonly { o: number; id?: string; d?: number; skip?: 1 }[];
}

function readAnswers(text: string): ReadonlyMap<string, StreamAnswer<number>> {
  const { streams } = JSON.parse(text) as { streams: Record<string, WireAnswer> };
  return new Map(
    Object.entries(streams).map(([name, { position, recovered, reason, messages }]) => [
      name,
      {
        position: readPosition(position),
        recovered,
        reason,
        messages: messages.map(({ o, id, d }) => ({ offset: o, id, message: d })),
      },
    ]),
  );
}
