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
  fateOf(call: StoreCall, text: string | undefined): CallFate;
  /** A stopped server takes its answers later, a dead one never. */
  deliver(run: () => void): void;
}

/** Told what happens, at the time when it takes effect. */
export interface StoreListener {
  called(call: StoreCall): void;
  recordWritten(text: string, sentAt: number): void;
  observationsRead(readAt: number): void;
  observationWritten(server: string, text: string | undefined, sentAt: number): void;
}

export interface StoreDefects {
  /** The expected version is not looked at. */
  readonly ignoresExpected?: boolean;
  /** Any version of the same epoch will do: taking or renewing the lead stops no write under way. */
  readonly comparesEpochsOnly?: boolean;
}

/** A store whose calls take time and fail; what arrives takes effect at once and in order. */
export class SimulatedStore {
  readonly #timeline: Timeline;
  readonly #defects: StoreDefects;
  readonly #observations = new Map<string, string>();
  /** Of each version that there has been. */
  readonly #epochs = new Map<string, number>();
  #writes = 0;
  record: Versioned | undefined;

  constructor(timeline: Timeline, defects: StoreDefects = {}) {
    this.#timeline = timeline;
    this.#defects = defects;
  }

  /** The store as one server reaches it. */
  reachedBy(route: StoreRoute, listener: StoreListener): CoordinationStore {
    const call = this.#caller(route, listener);
    const connection: StoreConnection = {
      readRecord: () => call("readRecord", undefined, () => this.record),
      replaceRecord: (expected, text) =>
        call("replaceRecord", text, (sentAt) => {
          const version = this.#replace(expected, text);
          if (version !== undefined) listener.recordWritten(text, sentAt);
          return version;
        }),
      readObservations: () =>
        call(
          "readObservations",
          undefined,
          () => ({ observations: new Map(this.#observations), readAt: this.#timeline.now }),
          ({ readAt }) => listener.observationsRead(readAt),
        ).then(({ observations }) => observations),
      writeObservation: (server, text) =>
        call("writeObservation", text, (sentAt) => {
          this.#observations.set(server, text);
          listener.observationWritten(server, text, sentAt);
        }),
      removeObservation: (server) =>
        call("removeObservation", undefined, (sentAt) => {
          this.#observations.delete(server);
          listener.observationWritten(server, undefined, sentAt);
        }),
      close: async () => {},
    };
    return {
      description: "simulated",
      open: () => call("open", undefined, () => connection),
    };
  }

  #replace(expected: string | undefined, text: string): string | undefined {
    if (!this.#isExpected(expected)) return undefined;
    this.#writes += 1;
    this.record = { text, version: String(this.#writes) };
    this.#epochs.set(this.record.version, epochIn(text));
    return this.record.version;
  }

  #isExpected(expected: string | undefined): boolean {
    const { ignoresExpected, comparesEpochsOnly } = this.#defects;
    const found = this.record?.version;
    if (ignoresExpected || found === expected) return true;
    if (!comparesEpochsOnly || found === undefined || expected === undefined) return false;
    return this.#epochs.get(found) === this.#epochs.get(expected);
  }

  #caller({ fateOf, deliver }: StoreRoute, listener: StoreListener) {
    const timeline = this.#timeline;
    return <T>(
      call: StoreCall,
      text: string | undefined,
      effect: (sentAt: number) => T,
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
        timeline.in(fate.arrivesInMs, () => {
          const result = effect(sentAt);
          answer(() => {
            if (fate.isError) return fail();
            arrived(result);
            resolve(result);
          });
        });
      });
  }
}

function epochIn(text: string): number {
  return (JSON.parse(text) as AgreementRecord).agreement.epoch;
}
