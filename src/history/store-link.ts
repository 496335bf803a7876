import type { AbortSignalLike } from "../contract/abort-signal.ts";
import type { HistoryConnection } from "../contract/history-store.ts";
import type { StoreCallOptions } from "../contract/store.ts";
import type { Clock } from "../kit/clock.ts";
import type { ResilientPubSubError } from "../kit/errors.ts";
import { storeError } from "../stores/store-error.ts";

export type StoreCall<T> = (connection: HistoryConnection, options: StoreCallOptions) => Promise<T>;

/** Calls under a time limit, all of which can be given up at once. */
export class LimitedCalls {
  readonly #description: string;
  readonly #clock: Clock;
  readonly #underWay = new Set<CallSignal>();

  constructor(description: string, clock: Clock) {
    this.#description = description;
    this.#clock = clock;
  }

  /** @throws ResilientPubSubError `ERR_STORE_UNAVAILABLE` when the time is up, or what it was given up for */
  run<T>(timeoutInMs: number, call: (options: StoreCallOptions) => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const signal = new CallSignal(reject);
      const timer = this.#clock.callIn(timeoutInMs, () => signal.end(this.#lateError(timeoutInMs)));
      const end = (): void => {
        this.#underWay.delete(signal);
        timer.cancel();
      };
      this.#underWay.add(signal);
      const answer = new Promise<T>((resolveAnswer) => resolveAnswer(call({ signal })));
      answer.then(
        (value) => {
          end();
          resolve(value);
        },
        (error: unknown) => {
          end();
          // Libraries wrap the reason in errors of their own.
          reject(signal.aborted ? signal.reason : error);
        },
      );
    });
  }

  giveUp(error: unknown): void {
    for (const signal of this.#underWay) signal.end(error);
  }

  #lateError(timeoutInMs: number): ResilientPubSubError {
    return storeError(this.#description, {
      kind: "history",
      code: "ERR_STORE_UNAVAILABLE",
      what: `has not answered within ${timeoutInMs} ms`,
      remedy: "is it up, and can this server reach it?",
    });
  }
}

type Listener = Parameters<AbortSignalLike["addEventListener"]>[1];

/** Much lighter than a signal of the platform, of which every call would need one. */
class CallSignal implements AbortSignalLike {
  aborted = false;
  reason: unknown;
  readonly #onEnd: (reason: unknown) => void;
  #listeners: Listener[] = [];

  /** @param onEnd Told the reason, at once: the call may take no notice. */
  constructor(onEnd: (reason: unknown) => void) {
    this.#onEnd = onEnd;
  }

  addEventListener(_type: "abort", listener: Listener): void {
    this.#listeners.push(listener);
  }

  removeEventListener(_type: "abort", listener: Listener): void {
    this.#listeners = this.#listeners.filter((one) => one !== listener);
  }

  end(reason: unknown): void {
    if (this.aborted) return;
    this.aborted = true;
    this.reason = reason;
    this.#onEnd(reason);
    for (const listener of this.#listeners.splice(0)) listener.call(this, { type: "abort" });
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
