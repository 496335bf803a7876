import type { CoordinationStore, StoreConnection, Versioned } from "../../../src/contract/store.ts";
import type { AgreementRecord } from "../../../src/coordination/agreement-record.ts";
import { ResilientPubSubError } from "../../../src/kit/errors.ts";
import type { Timeline } from "./virtual-clock.ts";

export type StoreCall =
  | "open"
  | "readRecord"
  | "replaceRecord"
  | "readObservations"
  | "writeObservation"
  | "removeObservation";

/** What becomes of one call. */
export interface CallFate {
  /** Milliseconds until it takes effect; undefined when it never arrives. */
  readonly arrivesInMs: number | undefined;
  /** Milliseconds from there to the caller; undefined when no answer arrives. */
  readonly answersInMs: number | undefined;
  /** The caller is told that it failed, whatever has become of it. */
  readonly isError: boolean;
}

/** One server's way to the store. */
export interface StoreRoute {
  readonly server: number;
  fateOf(call: StoreCall, text: string | undefined): CallFate;
  /** A stopped server takes its answers later, a dead one never. */
  deliver(run: () => void): void;
}

/** A write of the record that took effect. */
export interface RecordWrite {
  readonly text: string;
  readonly sentAt: number;
  readonly side: StoreSide;
  /** What was there before. */
  readonly replaced: string | undefined;
}

/** What was found of the heartbeats. */
export interface HeartbeatsFound {
  readonly side: StoreSide;
  readonly at: number;
  /** What time it was for the store; see `StoreSide`. */
  readonly activeInMs: number;
  readonly servers: ReadonlySet<string>;
  /** The record at that time. */
  readonly record: string | undefined;
}

/** Told what happens, at the time when it takes effect. */
export interface StoreListener {
  called(call: StoreCall): void;
  recordWritten(write: RecordWrite): void;
  /** Told when the answer has arrived. */
  observationsRead(found: HeartbeatsFound): void;
  observationWritten(server: string, text: string, side: StoreSide): void;
}

export interface StoreDefects {
  /** The expected version is not looked at. */
  readonly ignoresExpected?: boolean;
  /** Any version of the same epoch will do: taking or renewing the lead stops no write under way. */
  readonly comparesEpochsOnly?: boolean;
}

/** What the store knew at some time. */
interface Content {
  readonly record: Versioned | undefined;
  readonly observations: ReadonlyMap<string, string>;
}

/** What some servers find in the store; all of them the same, unless it is split. */
export class StoreSide {
  readonly name: string;
  readonly observations: Map<string, string>;
  record: Versioned | undefined;
  /** When it lost an agreement the last time. */
  turnedBackAt = Number.NEGATIVE_INFINITY;
  /** Time that passed while somebody reached it: who could have spoken otherwise? */
  activeInMs = 0;
  #calledAt = 0;

  constructor(name: string, content?: Content) {
    this.name = name;
    this.observations = new Map(content?.observations);
    this.record = content?.record;
  }

  get content(): Content {
    return { record: this.record, observations: new Map(this.observations) };
  }

  /** @param maxGapInMs The most that passes between two calls while somebody reaches it. */
  called(now: number, maxGapInMs: number): void {
    this.activeInMs += Math.min(now - this.#calledAt, maxGapInMs);
    this.#calledAt = now;
  }

  turnBack({ record, observations }: Content, now: number): void {
    this.turnedBackAt = now;
    this.record = record;
    this.observations.clear();
    for (const [server, text] of observations) this.observations.set(server, text);
  }
}

interface Split {
  readonly side: StoreSide;
  readonly isReachedBy: (server: number) => boolean;
}

/** A store whose calls take time and fail; what arrives takes effect at once and in order. */
export class SimulatedStore {
  readonly main = new StoreSide("main");
  readonly #timeline: Timeline;
  readonly #maxGapInMs: number;
  readonly #defects: StoreDefects;
  readonly #splits: Split[] = [];
  /** Of each version that there has been. */
  readonly #epochs = new Map<string, number>();
  #writes = 0;
  #pausedUntil = 0;

  constructor(timeline: Timeline, maxGapInMs: number, defects: StoreDefects = {}) {
    this.#timeline = timeline;
    this.#maxGapInMs = maxGapInMs;
    this.#defects = defects;
  }

  get isPaused(): boolean {
    return this.#timeline.now < this.#pausedUntil;
  }

  sideOf(server: number): StoreSide {
    const split = this.#splits.findLast(({ isReachedBy }) => isReachedBy(server));
    return split?.side ?? this.main;
  }

  pause(forMs: number): void {
    this.#pausedUntil = Math.max(this.#pausedUntil, this.#timeline.now + forMs);
  }

  /** @returns How to end it: what these servers have written meanwhile is lost. */
  split(content: Content, isReachedBy: (server: number) => boolean): () => void {
    const split = { side: new StoreSide(`split ${this.#splits.length + 1}`, content), isReachedBy };
    this.#splits.push(split);
    return () => this.#splits.splice(this.#splits.indexOf(split), 1);
  }

  /** The store as one server reaches it. */
  reachedBy(route: StoreRoute, listener: StoreListener): CoordinationStore {
    const timeline = this.#timeline;
    const call = this.#caller(route, listener);
    const connection: StoreConnection = {
      readRecord: () => call("readRecord", undefined, (side) => side.record),
      replaceRecord: (expected, text) =>
        call("replaceRecord", text, (side, sentAt) => {
          const replaced = side.record?.text;
          const version = this.#replace(side, expected, text);
          if (version !== undefined) listener.recordWritten({ text, sentAt, side, replaced });
          return version;
        }),
      readObservations: () =>
        call(
          "readObservations",
          undefined,
          (side) => {
            const observations = new Map(side.observations);
            const servers = new Set(observations.keys());
            const { activeInMs } = side;
            const record = side.record?.text;
            const found = { side, at: timeline.now, activeInMs, servers, record };
            return { observations, found };
          },
          ({ found }) => listener.observationsRead(found),
        ).then(({ observations }) => observations),
      writeObservation: (server, text) =>
        call("writeObservation", text, (side) => {
          side.observations.set(server, text);
          listener.observationWritten(server, text, side);
        }),
      removeObservation: (server) =>
        call("removeObservation", undefined, (side) => {
          side.observations.delete(server);
        }),
      close: async () => {},
    };
    return {
      description: "simulated",
      open: () => call("open", undefined, () => connection),
    };
  }

  #replace(side: StoreSide, expected: string | undefined, text: string): string | undefined {
    if (!this.#isExpected(side, expected)) return undefined;
    this.#writes += 1;
    const version = String(this.#writes);
    side.record = { text, version };
    this.#epochs.set(version, epochIn(text));
    return version;
  }

  #isExpected({ record }: StoreSide, expected: string | undefined): boolean {
    const { ignoresExpected, comparesEpochsOnly } = this.#defects;
    const found = record?.version;
    if (ignoresExpected || found === expected) return true;
    if (!comparesEpochsOnly || found === undefined || expected === undefined) return false;
    return this.#epochs.get(found) === this.#epochs.get(expected);
  }

  #caller({ server, fateOf, deliver }: StoreRoute, listener: StoreListener) {
    const timeline = this.#timeline;
    return <T>(
      call: StoreCall,
      text: string | undefined,
      effect: (side: StoreSide, sentAt: number) => T,
      arrived: (result: T) => void = () => {},
    ): Promise<T> =>
      new Promise((resolve, reject) => {
        listener.called(call);
        const sentAt = timeline.now;
        const fate = fateOf(call, text);
        const answer = (settle: () => void): void => {
          if (fate.answersInMs !== undefined) timeline.in(fate.answersInMs, () => deliver(settle));
        };
        const fail = (): void => {
          reject(new ResilientPubSubError("ERR_STORE_UNAVAILABLE", "simulated failure"));
        };
        if (fate.arrivesInMs === undefined) {
          answer(fail);
          return;
        }
        const takeEffect = (): void => {
          if (this.isPaused) {
            timeline.in(this.#pausedUntil - timeline.now, takeEffect);
            return;
          }
          const side = this.sideOf(server);
          side.called(timeline.now, this.#maxGapInMs);
          const result = effect(side, sentAt);
          answer(() => {
            if (fate.isError) return fail();
            arrived(result);
            resolve(result);
          });
        };
        timeline.in(fate.arrivesInMs, takeEffect);
      });
  }
}

function epochIn(text: string): number {
  return (JSON.parse(text) as AgreementRecord).agreement.epoch;
}
