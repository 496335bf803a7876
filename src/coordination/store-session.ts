import type { CoordinationStore, StoreCallOptions, StoreConnection } from "../contract/store.ts";
import type { Clock } from "../kit/clock.ts";
import { unlessAborted } from "../kit/deadline.ts";
import { ResilientPubSubError } from "../kit/errors.ts";
import { storeError } from "../stores/store-error.ts";

type Operation<T> = (connection: StoreConnection, options: StoreCallOptions) => Promise<T>;

/** The store of one plugin: opened when it is first needed, and no call takes longer than the deadline. */
export class StoreSession {
  readonly #store: CoordinationStore;
  readonly #hub: string;
  readonly #timeoutInMs: number;
  readonly #clock: Clock;
  readonly #underWay = new Set<AbortController>();
  #opening: Promise<StoreConnection> | undefined;
  #isClosed = false;

  constructor(store: CoordinationStore, hub: string, timeoutInMs: number, clock: Clock) {
    this.#store = store;
    this.#hub = hub;
    this.#timeoutInMs = timeoutInMs;
    this.#clock = clock;
  }

  /**
   * @throws ResilientPubSubError `ERR_STORE_REFUSED`, `ERR_STORE_UNAVAILABLE`, `ERR_CLOSED`; the call
   *   may have been carried out all the same
   */
  async call<T>(operation: Operation<T>, timeoutInMs = this.#timeoutInMs): Promise<T> {
    if (this.#isClosed) throw closedError();
    this.#opening ??= this.#open();
    const connection = await this.#opening;
    return this.#limited(timeoutInMs, (options) => operation(connection, options));
  }

  /** Ends what is under way: nobody waits for it any more. */
  interrupt(): void {
    for (const ending of this.#underWay) ending.abort(closedError());
  }

  /** @throws what the store fails with, or that it was not closed in time */
  async close(timeoutInMs: number): Promise<void> {
    this.#isClosed = true;
    const connection = await this.#opening?.catch(() => undefined);
    this.#opening = undefined;
    if (connection) await this.#limited(timeoutInMs, async () => connection.close());
  }

  async #open(): Promise<StoreConnection> {
    try {
      if (this.#store.load) await this.#store.load();
      return await this.#limited(this.#timeoutInMs, async (options) => {
        const connection = await this.#store.open(this.#hub, options);
        if (options.signal.aborted) await connection.close();
        return connection;
      });
    } catch (error) {
      this.#opening = undefined;
      throw error;
    }
  }

  async #limited<T>(
    timeoutInMs: number,
    operation: (options: StoreCallOptions) => Promise<T>,
  ): Promise<T> {
    const ending = new AbortController();
    const timer = this.#clock.callIn(timeoutInMs, () => {
      ending.abort(
        storeError(this.#store.description, {
          code: "ERR_STORE_UNAVAILABLE",
          what: `has not answered within ${timeoutInMs} ms`,
          remedy: "is it up, and can this server reach it?",
        }),
      );
    });
    this.#underWay.add(ending);
    try {
      return await unlessAborted(ending.signal, operation({ signal: ending.signal }));
    } finally {
      this.#underWay.delete(ending);
      timer.cancel();
    }
  }
}

/** What becomes of calls after the end. */
export function closedError(): ResilientPubSubError {
  return new ResilientPubSubError("ERR_CLOSED", "The plugin is closed");
}
