import type { HistoryConnection } from "../contract/history-store.ts";
import type { StoreCallOptions } from "../contract/store.ts";
import type { Clock } from "../kit/clock.ts";
import { unlessAborted } from "../kit/deadline.ts";
import { storeError } from "../stores/store-error.ts";

export type StoreCall<T> = (connection: HistoryConnection, options: StoreCallOptions) => Promise<T>;

/** Calls under a time limit, all of which can be given up at once. */
export class LimitedCalls {
  readonly #description: string;
  readonly #clock: Clock;
  readonly #underWay = new Set<AbortController>();

  constructor(description: string, clock: Clock) {
    this.#description = description;
    this.#clock = clock;
  }

  /** @throws ResilientPubSubError `ERR_STORE_UNAVAILABLE` when the time is up, or what it was given up for */
  async run<T>(timeoutInMs: number, call: (options: StoreCallOptions) => Promise<T>): Promise<T> {
    const ending = new AbortController();
    const timer = this.#clock.callIn(timeoutInMs, () => {
      ending.abort(
        storeError(this.#description, {
          code: "ERR_STORE_UNAVAILABLE",
          what: `has not answered within ${timeoutInMs} ms`,
          remedy: "is it up, and can this server reach it?",
        }),
      );
    });
    this.#underWay.add(ending);
    try {
      return await unlessAborted(ending.signal, call({ signal: ending.signal }));
    } finally {
      this.#underWay.delete(ending);
      timer.cancel();
    }
  }

  giveUp(error: unknown): void {
    for (const ending of this.#underWay) ending.abort(error);
  }
}

/** One connection to the store, for as long as it is trusted. */
export class StoreLink {
  readonly #connection: HistoryConnection;
  readonly #calls: LimitedCalls;

  constructor(connection: HistoryConnection, description: string, clock: Clock) {
    this.#connection = connection;
    this.#calls = new LimitedCalls(description, clock);
  }

  /** Begins at once: calls of one connection are carried out in the order in which they begin. */
  call<T>(timeoutInMs: number, call: StoreCall<T>): Promise<T> {
    return this.#calls.run(timeoutInMs, (options) => call(this.#connection, options));
  }

  /** Ends what is under way, for this reason, and the connection. */
  async end(error: unknown, timeoutInMs: number): Promise<void> {
    this.#calls.giveUp(error);
    await this.#calls.run(timeoutInMs, () => this.#connection.close());
  }
}
