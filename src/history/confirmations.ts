import type { StreamPosition } from "../contract/history-store.ts";
import { type Clock, systemClock } from "../kit/clock.ts";
import { deferred } from "../kit/deferred.ts";
import { ResilientPubSubError } from "../kit/errors.ts";

/** Where streams end, asked of the store. */
export type AskTops = (streams: readonly string[]) => Promise<readonly StreamPosition[]>;

export type Tops = ReadonlyMap<string, StreamPosition>;

/** For how long arrivals are gathered while a call is under way. */
const GATHERING_IN_MS = 3;
/** More would keep the store from everything else. */
const maxStreamsOfCall = 256;

interface Batch {
  readonly streams: Set<string>;
  readonly tops: Promise<Tops>;
  readonly ask: () => void;
  readonly refuse: (error: unknown) => void;
  readonly timer: { cancel(): void } | undefined;
}

/**
 * Where streams end, by calls that begin after those who want to know it have come: nobody joins one
 * that is under way already, because it may have looked before something was logged that the client
 * had reason to expect. Those who come together share a call.
 */
export class Confirmations {
  readonly #askTops: AskTops;
  readonly #clock: Clock;
  #gathering: Batch | undefined;
  #underWay = 0;
  #isClosed = false;

  constructor(askTops: AskTops, clock: Clock = systemClock) {
    this.#clock = clock;
    this.#askTops = askTops;
  }

  /** @throws what the store does, or ResilientPubSubError `ERR_CLOSED` */
  async confirm(streams: readonly string[]): Promise<Tops> {
    if (this.#isClosed) throw closed();
    this.#gathering ??= this.#begin();
    const { tops, streams: gathered } = this.#gathering;
    for (const stream of streams) gathered.add(stream);
    return tops;
  }

  /** Nobody is waited for any more. */
  close(): void {
    this.#isClosed = true;
    this.#gathering?.refuse(closed());
    this.#end();
  }

  #begin(): Batch {
    const { promise: tops, resolve, reject: refuse } = deferred<Tops>();
    const streams = new Set<string>();
    const ask = (): void => resolve(this.#ask([...streams]));
    if (this.#underWay > 0) {
      const timer = this.#clock.callIn(GATHERING_IN_MS, () => this.#flush());
      return { streams, tops, ask, refuse, timer };
    }
    const batch = { streams, tops, ask, refuse, timer: undefined };
    // Those who come in the same turn of the event loop.
    setImmediate(() => this.#gathering === batch && this.#flush());
    return batch;
  }

  #flush(): void {
    const batch = this.#gathering;
    this.#end();
    batch?.ask();
  }

  #end(): void {
    this.#gathering?.timer?.cancel();
    this.#gathering = undefined;
  }

  async #ask(streams: readonly string[]): Promise<Tops> {
    this.#underWay += 1;
    try {
      const calls: Promise<[string, StreamPosition][]>[] = [];
      for (let at = 0; at < streams.length; at += maxStreamsOfCall) {
        calls.push(this.#askFor(streams.slice(at, at + maxStreamsOfCall)));
      }
      return new Map((await Promise.all(calls)).flat());
    } finally {
      this.#underWay -= 1;
      if (this.#gathering?.timer) this.#flush();
    }
  }

  async #askFor(streams: readonly string[]): Promise<[string, StreamPosition][]> {
    const tops = await this.#askTops(streams);
    return tops.map((top, index) => [streams[index] ?? "", top]);
  }
}

const closed = (): ResilientPubSubError =>
  new ResilientPubSubError("ERR_CLOSED", "The plugin is closed");
