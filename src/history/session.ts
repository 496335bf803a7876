import type { HistoryLimits, HistoryStore } from "../contract/history-store.ts";
import type { StoreCallOptions } from "../contract/store.ts";
import type { Clock } from "../kit/clock.ts";
import { reasonOf } from "../kit/deadline.ts";
import { ResilientPubSubError } from "../kit/errors.ts";
import { storeError } from "../stores/store-error.ts";
import { callInFairly } from "./fair-timer.ts";
import { retryPauseInMs } from "./retry-pause.ts";
import { LimitedCalls, type StoreCall, StoreLink } from "./store-link.ts";

const OPEN_TIMEOUT_IN_MS = 5000;
/** A store that leaves any call without an answer for so long is away. */
const CALL_TIMEOUT_IN_MS = 2000;
/** For how long a late answer is waited for before the connection is given up as well. */
const LATE_ANSWER_IN_MS = 1000;
/** A store that has been well for so long is trusted again to be back at once. */
const CALM_IN_MS = 30_000;
const CLOSE_TIMEOUT_IN_MS = 2000;
/** Streams that are renewed one by one; if there are more, all are. */
const maxBypassedStreams = 1000;

/**
 * - `opening`: sends wait for the store, as long as they may.
 * - `live`: sends are logged.
 * - `lost`: sends are bypassed at once.
 * - `returning`: the store is back, and epochs are being renewed; sends wait again.
 */
type State = "opening" | "live" | "lost" | "returning" | "closed";

export interface SessionOptions {
  readonly store: HistoryStore;
  /** Its name in lower case. */
  readonly hub: string;
  readonly limits: HistoryLimits;
  readonly clock: Clock;
  /** From 0 (included) to 1 (excluded). */
  readonly random: () => number;
  readonly listener: SessionListener;
}

export interface SessionListener {
  lost(error: unknown): void;
  /** Sends are logged again, by another link than before or by the same. */
  restored(lostForInMs: number): void;
}

/** Something that needs the store. */
interface Need {
  /** It may be called now, by this link. */
  begin(link: StoreLink): void;
  /** Nobody knows when it may. */
  giveUp(): void;
}

/**
 * The store as one server sees it. A send that was not logged leaves a gap that no reader could know
 * of: so whatever happens to the store, epochs are renewed before anything is logged again.
 */
export class HistorySession {
  readonly #options: SessionOptions;
  readonly #opening: LimitedCalls;
  #state: State = "opening";
  #link: StoreLink | undefined;
  /** Undefined when nobody has been told that it is. */
  #lostAt: number | undefined;
  #liveSince = Number.NEGATIVE_INFINITY;
  /** In a row, without a calm between them. */
  #failures = 0;
  #timer: { cancel(): void } | undefined;
  /** Streams of sends that were not logged since epochs were last renewed. */
  #bypassed = new Set<string>();
  #isAllToBeRenewed = false;
  /** What waits until the store may be called, and what waits for its answer to an append. */
  readonly #waiting = new Set<Need>();
  readonly #underWay = new Set<Need>();

  constructor(options: SessionOptions) {
    this.#options = options;
    this.#opening = new LimitedCalls(options.store.description, options.clock);
  }

  /** Whether sends are logged now. */
  get isLive(): boolean {
    return this.#state === "live";
  }

  start(): void {
    void this.#open();
  }

  /** Begins it in the order of these calls, as soon as the store may be called; or has it given up. */
  whenLive(need: Need): void {
    if (this.#state === "live") need.begin(this.#link as StoreLink);
    else if (this.#state === "opening" || this.#state === "returning") this.#waiting.add(need);
    else need.giveUp();
  }

  /** Has it given up as soon as the store is lost, instead of when its answer has failed to come. */
  begun(need: Need): void {
    this.#underWay.add(need);
  }

  ended(need: Need): void {
    this.#waiting.delete(need);
    this.#underWay.delete(need);
  }

  isCurrent(link: StoreLink): boolean {
    return link === this.#link;
  }

  /** Calls the store; when that fails, the store is lost. @throws what the store fails with */
  callBy<T>(link: StoreLink, call: StoreCall<T>): Promise<T> {
    const answer = link.call(CALL_TIMEOUT_IN_MS, call);
    answer.catch((error: unknown) => this.#fail(link, error));
    return answer;
  }

  /**
   * Calls the store when it may be.
   *
   * @param waitInMs How long to wait for the answer, milliseconds.
   * @throws ResilientPubSubError `ERR_HISTORY_UNAVAILABLE`
   */
  call<T>(call: (link: StoreLink) => Promise<T>, waitInMs = CALL_TIMEOUT_IN_MS): Promise<T> {
    return new Promise((resolve, reject) => {
      const end = (): void => {
        timer.cancel();
        this.ended(need);
      };
      const fail = (cause?: unknown): void => {
        end();
        reject(unavailableError(cause));
      };
      const need: Need = {
        begin: (link) => {
          this.#waiting.delete(need);
          call(link).then((value) => {
            end();
            resolve(value);
          }, fail);
        },
        giveUp: fail,
      };
      const timer = callInFairly(this.#options.clock, waitInMs, fail);
      this.whenLive(need);
    });
  }

  /**
   * Asks the store one thing, when it may be called.
   *
   * @throws as `call` does
   */
  ask<T>(call: StoreCall<T>, waitInMs?: number): Promise<T> {
    return this.call((link) => this.callBy(link, call), waitInMs);
  }

  /** Takes note of messages that are sent without being logged. */
  bypass(streams: readonly string[]): void {
    for (const stream of streams) this.#bypassed.add(stream);
    if (this.#bypassed.size > maxBypassedStreams) this.#isAllToBeRenewed = true;
  }

  /** Ends the epochs of streams in which such a message has not reached somebody. */
  renew(streams: readonly string[]): void {
    this.bypass(streams);
    if (this.#state === "live") void this.#return(this.#link as StoreLink);
  }

  /**
   * An append was not answered in time, though nothing tells that the store is away. If the answer
   * still comes, nothing has been lost but what was not logged meanwhile.
   *
   * @param answer Of the append; undefined when it has not begun.
   */
  late(timeoutInMs: number, answer: Promise<unknown> | undefined): void {
    const link = this.#link;
    const error = lateError(this.#options.store.description, timeoutInMs);
    if (this.#state === "opening") {
      this.#isAllToBeRenewed = true;
      this.#lose(error);
    }
    if (this.#state !== "live" || link === undefined) return;
    this.#lose(error);
    const { clock } = this.#options;
    this.#timer = clock.callIn(LATE_ANSWER_IN_MS, () => this.#fail(link, error));
    const isBack = (): void => {
      if (this.#state !== "lost" || !this.isCurrent(link)) return;
      this.#timer?.cancel();
      this.#timer = clock.callIn(this.#pauseInMs, () => void this.#return(link));
    };
    answer?.then(isBack, () => undefined);
  }

  /** @throws what the store fails with, or that it was not closed in time */
  async close(): Promise<void> {
    if (this.#state === "closed") return;
    this.#state = "closed";
    this.#timer?.cancel();
    this.#giveUpAll();
    const error = closedError();
    this.#opening.giveUp(error);
    const link = this.#link;
    this.#link = undefined;
    await link?.end(error, CLOSE_TIMEOUT_IN_MS);
  }

  async #open(): Promise<void> {
    const { store, clock } = this.#options;
    try {
      if (store.load) await store.load();
      const link = await this.#opening.run(OPEN_TIMEOUT_IN_MS, (options) => this.#dial(options));
      if (this.#isClosed) await link.end(closedError(), CLOSE_TIMEOUT_IN_MS);
      else await this.#return(link);
    } catch (error) {
      if (this.#isClosed) return;
      if (this.#state === "lost") this.#failures += 1;
      this.#isAllToBeRenewed = true;
      this.#lose(error);
      this.#timer = clock.callIn(this.#pauseInMs, () => void this.#open());
    }
  }

  async #dial({ signal }: StoreCallOptions): Promise<StoreLink> {
    const { store, hub, limits, clock } = this.#options;
    let link: StoreLink | undefined;
    let brokenBy: { readonly error: unknown } | undefined;
    const onLost = (error: unknown): void => {
      brokenBy ??= { error };
      if (link) this.#fail(link, error);
    };
    const connection = await store.open(hub, limits, onLost, { signal });
    if (typeof connection.append !== "function") throw wrongStoreError(store.description);
    link = new StoreLink(connection, store.description, clock);
    // Whoever waited for it does so no more, so that nobody else would close it.
    if (signal.aborted || brokenBy) {
      const error = brokenBy?.error ?? reasonOf(signal);
      await link.end(error, CLOSE_TIMEOUT_IN_MS);
      throw error;
    }
    this.#link = link;
    return link;
  }

  /** Renews epochs until there is nothing left that was not logged; only then are sends logged again. */
  async #return(link: StoreLink): Promise<void> {
    this.#state = "returning";
    while (this.#state === "returning" && this.isCurrent(link)) {
      const streams = this.#takeBypassed();
      if (streams !== "all" && streams.length === 0) {
        this.#goLive(link);
        return;
      }
      const renewal = this.callBy(link, (connection, options) =>
        connection.renewEpochs(streams, options),
      );
      // What it fails with has been told by then.
      await renewal.catch(() => undefined);
    }
  }

  #takeBypassed(): string[] | "all" {
    const streams = this.#isAllToBeRenewed ? "all" : [...this.#bypassed];
    this.#isAllToBeRenewed = false;
    this.#bypassed.clear();
    return streams;
  }

  #goLive(link: StoreLink): void {
    const { clock, listener } = this.#options;
    this.#state = "live";
    this.#liveSince = clock.now();
    const lostAt = this.#lostAt;
    this.#lostAt = undefined;
    for (const need of [...this.#waiting]) {
      this.#waiting.delete(need);
      need.begin(link);
    }
    if (lostAt !== undefined) listener.restored(clock.now() - lostAt);
  }

  /** The link is broken, or the store does not do what it is asked. */
  #fail(link: StoreLink, error: unknown): void {
    if (!this.isCurrent(link)) return;
    this.#link = undefined;
    link.end(error, CLOSE_TIMEOUT_IN_MS).catch(() => undefined);
    // What the store kept may be gone by the time that it is back, whatever was sent meanwhile.
    this.#isAllToBeRenewed = true;
    this.#lose(error);
    this.#timer?.cancel();
    this.#timer = this.#options.clock.callIn(this.#pauseInMs, () => void this.#open());
  }

  #lose(error: unknown): void {
    if (this.#isClosed || this.#state === "lost") return;
    const { clock, listener } = this.#options;
    const wasCalm = this.#state === "live" && clock.now() - this.#liveSince > CALM_IN_MS;
    this.#failures = wasCalm ? 1 : this.#failures + 1;
    this.#state = "lost";
    this.#giveUpAll();
    if (this.#lostAt !== undefined) return;
    this.#lostAt = clock.now();
    listener.lost(error);
  }

  #giveUpAll(): void {
    for (const need of [...this.#underWay, ...this.#waiting]) need.giveUp();
  }

  /** None after the first failure, which passes by itself as a rule. */
  get #pauseInMs(): number {
    const earlier = this.#failures - 1;
    return earlier < 1 ? 0 : retryPauseInMs(earlier, this.#options.random());
  }

  get #isClosed(): boolean {
    return this.#state === "closed";
  }
}

/** What becomes of what cannot be done without the store. */
export function unavailableError(cause?: unknown): ResilientPubSubError {
  const message = "The store of the history is away; try again";
  return new ResilientPubSubError("ERR_HISTORY_UNAVAILABLE", message, { cause });
}

function closedError(): ResilientPubSubError {
  return new ResilientPubSubError("ERR_CLOSED", "The plugin is closed");
}

function lateError(description: string, timeoutInMs: number): ResilientPubSubError {
  return storeError(description, {
    kind: "history",
    code: "ERR_STORE_UNAVAILABLE",
    what: `has not logged a message within ${timeoutInMs} ms`,
    remedy: "is it overloaded, or far away? Give a longer history.appendTimeoutInMs",
  });
}

function wrongStoreError(description: string): ResilientPubSubError {
  return storeError(description, {
    kind: "history",
    code: "ERR_STORE_REFUSED",
    what: "is no store of history",
    remedy: "give memoryHistory() or redisHistory(...)",
  });
}
