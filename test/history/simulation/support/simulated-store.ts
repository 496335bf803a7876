import type {
  HistoryAppend,
  HistoryConnection,
  HistoryStore,
  StreamPosition,
} from "../../../../src/contract/history-store.ts";
import { ResilientPubSubError } from "../../../../src/kit/errors.ts";
import { removeStream } from "../../../../src/stores/memory-history/log.ts";
import * as operations from "../../../../src/stores/memory-history/operations.ts";
import {
  type HubState,
  newHubState,
  type StepInputs,
} from "../../../../src/stores/memory-history/state.ts";
import type { Timeline } from "../../../coordination/support/virtual-clock.ts";
import { type Host, Pipe } from "./host.ts";
import type { Mutations } from "./mutations.ts";

/** What one call to the store meets. */
export interface CallFate {
  /** Undefined: never. */
  readonly arrivesInMs: number | undefined;
  readonly answersInMs: number | undefined;
  /** It fails, after it has taken effect or instead. */
  readonly failure: "when-done" | "instead" | undefined;
}

export interface StoreRoute {
  readonly host: Host;
  /** Number of the server. */
  readonly server: number;
  fateOf(): CallFate;
}

/** One store: the primary, or one that some take for it. */
export interface Side {
  readonly hub: HubState;
  readonly run: string;
  isGone: boolean;
}

export interface StoreObserver {
  logged(
    append: HistoryAppend,
    position: { readonly epoch: string; readonly offset: number },
    side: Side,
  ): void;
}

interface OpenConnection {
  readonly server: number;
  /** The run that it reached last; undefined before the first call. */
  run: string | undefined;
  /** Undefined after it has ended. */
  lose: ((error: Error) => void) | undefined;
}

const WALL_OFFSET_IN_MS = 1_700_000_000_000;

/** The core of the store in memory, behind a network, as often as it is failed over. */
export class SimulatedStore {
  primary: Side;
  readonly #timeline: Timeline;
  readonly #observer: StoreObserver;
  readonly #mutations: Mutations;
  readonly #limits: operations.MemoryLimits;
  readonly #connections = new Set<OpenConnection>();
  /** Of the servers that have not followed. */
  readonly #sides = new Map<number, Side>();
  #drawn = 0;
  #runs = 0;
  /** What the primary was, for a reader that is behind. */
  #replica: HubState;

  constructor(
    timeline: Timeline,
    limits: operations.MemoryLimits,
    observer: StoreObserver,
    mutations: Mutations,
  ) {
    this.#timeline = timeline;
    this.#limits = limits;
    this.#observer = observer;
    this.#mutations = mutations;
    const run = this.#newRun();
    this.primary = { hub: newHubState(this.#inputs(run)), run, isGone: false };
    this.#replica = this.primary.hub;
  }

  /** Copies the primary, to go on from there at some later time. */
  snapshot(): HubState {
    return structuredClone(this.primary.hub);
  }

  /** The primary is lost; another one goes on from a copy. */
  failOver(from: HubState, isTold: boolean): void {
    this.primary.isGone = true;
    const run = this.#mutations.has("same run") ? this.primary.run : this.#newRun();
    this.primary = { hub: structuredClone(from), run, isGone: false };
    this.#breakAll(isTold, () => true);
  }

  /** As `failOver`, but these servers do not follow until it is over. */
  split(from: HubState, isTold: boolean, stays: (server: number) => boolean): () => void {
    const old = this.primary;
    const run = this.#mutations.has("same run") ? this.primary.run : this.#newRun();
    this.primary = { hub: structuredClone(from), run, isGone: false };
    const staying = [...Array(16).keys()].filter((server) => stays(server));
    for (const server of staying) if (!this.#sides.has(server)) this.#sides.set(server, old);
    this.#breakAll(isTold, (server) => !stays(server));
    return () => {
      for (const server of staying) if (this.#sides.get(server) === old) this.#sides.delete(server);
      old.isGone = true;
      this.#breakAll(isTold, stays);
    };
  }

  evict(streams: readonly string[]): void {
    for (const stream of streams) removeStream(this.primary.hub, stream);
  }

  /** Where the streams end, by their names. */
  tops(): Record<string, StreamPosition> {
    const { hub } = this.primary;
    return Object.fromEntries(
      [...hub.streams].map(([name, { record }]) => [
        name,
        { epoch: record.epoch, offset: record.top },
      ]),
    );
  }

  /** What nobody has done yet. */
  leftInOutbox(): string[] {
    const { endpoints, unsettled } = this.primary.hub;
    return [
      ...[...unsettled.keys()].map((key) => `${key} is unsettled`),
      ...[...endpoints].flatMap(([name, { tasks }]) =>
        [...tasks].map(([stream, { offsets }]) => `${name} is owed ${stream} ${offsets}`),
      ),
    ];
  }

  isZombie(side: Side): boolean {
    return side !== this.primary;
  }

  storeFor(route: StoreRoute): HistoryStore {
    return {
      description: "simulated",
      open: (_hub, _limits, onLost) => {
        const connection: OpenConnection = {
          server: route.server,
          run: undefined,
          lose: (error) => route.host.deliver(() => onLost(error)),
        };
        const call = this.#caller(route);
        return call(() => {
          this.#connections.add(connection);
          return this.#connection(connection, call);
        });
      },
    };
  }

  #connection(connection: OpenConnection, call: Caller): HistoryConnection {
    const limits = this.#limits;
    const step = <T>(run: (side: Side, inputs: StepInputs) => T) =>
      call(() => {
        const side = this.#sides.get(connection.server) ?? this.primary;
        const restore = this.#mutations.beforeStep(side.hub);
        this.#arrive(connection, side);
        const result = run(side, this.#inputs(side.run));
        restore();
        return structuredClone(result);
      });
    const store = this.#mutations;
    return {
      append: (appends) =>
        step((side, inputs) => {
          const given = appends.map((one) => store.asked(side.hub, one));
          const results = operations.append(side.hub, given, limits, inputs);
          for (const [index, { position, isRepeated }] of results.entries()) {
            const append = given[index];
            if (append && !isRepeated) this.#observer.logged(append, position, side);
          }
          return results;
        }),
      tops: (questions) =>
        step(({ hub }, inputs) => {
          const given = questions.map((one) => store.asked(hub, one));
          const tops = operations.tops(hub, given, limits, inputs);
          if (!store.has("replica read")) return tops;
          const behind = operations.tops(this.#replica, given, limits, inputs);
          this.#replica = structuredClone(hub);
          return behind;
        }),
      ranges: (questions) =>
        step(({ hub }, inputs) => operations.ranges(hub, questions, limits, inputs)),
      renewEpochs: (streams) =>
        step(({ hub }, inputs) => {
          if (store.has("no renewal after a loss")) return;
          operations.renewEpochs(hub, streams, inputs);
        }),
      settle: (settlements) =>
        step(({ hub }, inputs) => operations.settle(hub, settlements, limits, inputs)),
      owe: (endpoints, streams) =>
        step(({ hub }, inputs) => operations.owe(hub, endpoints, streams, limits, inputs)),
      claim: (question) =>
        step(({ hub }, inputs) => store.claimed(operations.claim(hub, question, limits, inputs))),
      finish: (task, result) =>
        step(({ hub }, inputs) => operations.finish(hub, task, result, inputs)),
      close: async () => {
        connection.lose = undefined;
        this.#connections.delete(connection);
      },
    };
  }

  /** What a connection has logged or read elsewhere, this side may know nothing of. */
  #arrive(connection: OpenConnection, { hub, run }: Side): void {
    const isLedHere = connection.run !== undefined && connection.run !== run;
    connection.run = run;
    if (!isLedHere || this.#mutations.has("no run of a connection")) return;
    operations.renewEpochs(hub, "all", this.#inputs(run));
  }

  #breakAll(isTold: boolean, isConcerned: (server: number) => boolean): void {
    if (!isTold) return;
    for (const connection of [...this.#connections]) {
      if (!isConcerned(connection.server)) continue;
      this.#connections.delete(connection);
      connection.lose?.(unavailable());
    }
  }

  #inputs(run: string): StepInputs {
    return {
      now: WALL_OFFSET_IN_MS + this.#timeline.now,
      run,
      fresh: () => {
        this.#drawn += 1;
        return `e${String(this.#drawn).padStart(7, "0")}`;
      },
    };
  }

  #newRun(): string {
    this.#runs += 1;
    return `run${this.#runs}`;
  }

  /** Calls of one connection, and its answers, keep their order. */
  #caller({ host, fateOf }: StoreRoute): Caller {
    const [requests, answers] = [new Pipe(this.#timeline), new Pipe(this.#timeline)];
    return <T>(effect: () => T): Promise<T> =>
      new Promise((resolve, reject) => {
        const { arrivesInMs, answersInMs, failure } = fateOf();
        if (arrivesInMs === undefined) return;
        requests.in(arrivesInMs, () => {
          let settle = (): void => reject(unavailable());
          if (failure !== "instead") {
            const result = effect();
            if (failure === undefined) settle = () => resolve(result);
          }
          if (answersInMs !== undefined) answers.in(answersInMs, () => host.deliver(settle));
        });
      });
  }
}

type Caller = <T>(effect: () => T) => Promise<T>;

function unavailable(): ResilientPubSubError {
  return new ResilientPubSubError("ERR_STORE_UNAVAILABLE", "simulated failure");
}
