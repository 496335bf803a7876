import type {
  AppendResult,
  HistoryAppend,
  HistoryEntry,
  RangeQuestion,
  StreamPosition,
} from "../contract/history-store.ts";
import type { Clock } from "../kit/clock.ts";
import { callInFairly } from "./fair-timer.ts";
import { KnownPositions } from "./known-positions.ts";
import type { HistorySession } from "./session.ts";
import type { StoreLink } from "./store-link.ts";

/** Positions outlive messages: a client may come back to a stream that was silent. */
const KNOWN_FOR_TTLS = 10;
/** Streams that the store is asked about in one call. */
const SWEEP_SIZE = 200;
/** A store that changes epochs faster than they are learnt is not run after. */
const maxSweeps = 5;

/** What is to be logged; what this server knows of the stream is added here. */
export type Append = Omit<HistoryAppend, "known">;

interface StreamCallsOptions {
  readonly session: HistorySession;
  readonly appendTimeoutInMs: number;
  readonly ttlInMs: number;
  readonly clock: Clock;
}

/**
 * The calls that tell where streams end. Each of them says how far this server knows the stream, so
 * that a store that has forgotten some of it begins a new epoch.
 */
export class StreamCalls {
  readonly #options: StreamCallsOptions;
  readonly #known: KnownPositions;
  #isSweeping = false;
  #hasChanged = false;

  constructor(options: StreamCallsOptions) {
    const { clock, ttlInMs } = options;
    this.#options = options;
    this.#known = new KnownPositions(ttlInMs * KNOWN_FOR_TTLS, () => clock.now());
  }

  /** Whether this server has been told of the stream, and so the store has it. */
  knows(stream: string): boolean {
    return this.#known.of(stream) !== undefined;
  }

  /**
   * Logs messages in this order, after those of earlier calls. It takes `appendTimeoutInMs` at most,
   * and never rejects.
   *
   * @returns Undefined when they are not known to be logged: they are to be sent without a position.
   */
  append(appends: readonly Append[]): Promise<AppendResult[] | undefined> {
    const { session, appendTimeoutInMs, clock } = this.#options;
    return new Promise((resolve) => {
      let answer: Promise<AppendResult[]> | undefined;
      let isOver = false;
      const end = (results: AppendResult[] | undefined): void => {
        if (isOver) return;
        isOver = true;
        timer.cancel();
        session.ended(need);
        if (results === undefined) session.bypass(unkeyed(appends));
        resolve(results);
      };
      const need = {
        begin: (link: StoreLink): void => {
          session.begun(need);
          answer = this.#append(link, appends);
          answer.then(end, need.giveUp);
        },
        giveUp: (): void => end(undefined),
      };
      const timer = callInFairly(clock, appendTimeoutInMs, () => {
        need.giveUp();
        session.late(appendTimeoutInMs, answer);
      });
      session.whenLive(need);
    });
  }

  /**
   * Where streams end, by a request to the store that begins after this call.
   *
   * @throws as `HistorySession.call` does
   */
  tops(streams: readonly string[], waitInMs?: number): Promise<StreamPosition[]> {
    const { session } = this.#options;
    return session.call((link) => this.#tops(link, streams), waitInMs);
  }

  /**
   * Entries of streams; undefined where one of them is not there or cannot be read.
   *
   * @throws as `HistorySession.call` does
   */
  ranges(
    questions: readonly RangeQuestion[],
    waitInMs?: number,
  ): Promise<(HistoryEntry[] | undefined)[]> {
    return this.#options.session.ask(
      (connection, options) => connection.ranges(questions, options),
      waitInMs,
    );
  }

  /**
   * Asks about all streams that are remembered: whoever has forgotten the end of one may have forgotten
   * that of another, which nobody else would find out about one that is silent.
   */
  sweep(): void {
    if (this.#isSweeping) return;
    this.#isSweeping = true;
    void this.#sweepUntilUnchanged()
      .catch(() => undefined)
      .finally(() => {
        this.#isSweeping = false;
      });
  }

  async #append(link: StoreLink, appends: readonly Append[]): Promise<AppendResult[]> {
    const known = appends.map((one) => ({ ...one, known: this.#known.of(one.stream) }));
    const results = await this.#options.session.callBy(link, (connection, options) =>
      connection.append(known, options),
    );
    for (const [index, { stream, message }] of appends.entries()) {
      const result = results[index];
      // Of one that had been logged before, the epoch may have ended since.
      if (result && !result.isRepeated) this.#learn(link, stream, result.position, message.id);
    }
    return results;
  }

  async #tops(link: StoreLink, streams: readonly string[]): Promise<StreamPosition[]> {
    const questions = streams.map((stream) => ({ stream, known: this.#known.of(stream) }));
    const positions = await this.#options.session.callBy(link, (connection, options) =>
      connection.tops(questions, options),
    );
    for (const [index, stream] of streams.entries()) {
      const position = positions[index];
      if (position) this.#learn(link, stream, position);
    }
    return positions;
  }

  #learn(link: StoreLink, stream: string, position: StreamPosition, id?: string): void {
    // A late answer of a link that was given up tells of a store that may be another one by now.
    if (!this.#options.session.isCurrent(link)) return;
    if (!this.#known.learn(stream, position, id)) return;
    this.#hasChanged = true;
    this.sweep();
  }

  async #sweepUntilUnchanged(): Promise<void> {
    for (let sweeps = 0; sweeps < maxSweeps; sweeps += 1) {
      this.#hasChanged = false;
      const streams = this.#known.streams();
      for (let from = 0; from < streams.length; from += SWEEP_SIZE) {
        await this.tops(streams.slice(from, from + SWEEP_SIZE));
      }
      if (!this.#hasChanged) return;
    }
  }
}

/** What has a key is not sent without being logged, so that nobody misses it. */
function unkeyed(appends: readonly Append[]): string[] {
  return appends.flatMap(({ stream, key }) => (key === undefined ? stream : []));
}
