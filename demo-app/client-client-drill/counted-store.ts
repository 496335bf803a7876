import type { CoordinationStore, StoreConnection } from "express-resilient-pubsub";
import type { StoreCalls } from "./process-messages.ts";

/** Counts what a server asks of its store. A poll begins with a look at the record. */
export class CountedStore implements CoordinationStore {
  readonly description: string;
  readonly #store: CoordinationStore;
  readonly #byOperation: Record<string, number> = {};
  #calls = 0;
  #polls = 0;
  #inThisPoll = 0;
  #mostInOnePoll = 0;

  constructor(store: CoordinationStore) {
    this.#store = store;
    this.description = store.description;
  }

  get calls(): StoreCalls {
    return {
      polls: this.#polls,
      calls: this.#calls,
      mostInOnePoll: this.#mostInOnePoll,
      byOperation: this.#byOperation,
    };
  }

  async load(): Promise<void> {
    await this.#store.load?.();
  }

  async open(...args: Parameters<CoordinationStore["open"]>): Promise<StoreConnection> {
    const connection = await this.#store.open(...args);
    const counted = <Args extends unknown[], Result>(
      name: keyof StoreConnection,
      operation: (...args: Args) => Result,
    ) => {
      return (...args: Args): Result => {
        this.#count(name);
        return operation.apply(connection, args);
      };
    };
    return {
      readRecord: counted("readRecord", connection.readRecord),
      replaceRecord: counted("replaceRecord", connection.replaceRecord),
      readObservations: counted("readObservations", connection.readObservations),
      writeObservation: counted("writeObservation", connection.writeObservation),
      removeObservation: counted("removeObservation", connection.removeObservation),
      close: () => connection.close(),
    };
  }

  #count(operation: string): void {
    if (operation === "readRecord") {
      this.#polls += 1;
      this.#inThisPoll = 0;
    }
    this.#inThisPoll += 1;
    this.#mostInOnePoll = Math.max(this.#mostInOnePoll, this.#inThisPoll);
    this.#calls += 1;
    this.#byOperation[operation] = (this.#byOperation[operation] ?? 0) + 1;
  }
}
