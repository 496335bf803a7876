import type { KnownPosition, StreamPosition } from "../contract/history-store.ts";
import { BoundedMap } from "../kit/bounded-map.ts";

/** Of a stream each; the store is asked about all of them when one has changed its epoch. */
const maxStreams = 10_000;

interface Remembered {
  readonly position: KnownPosition;
  readonly at: number;
}

/** The furthest that this server was told of in each stream, for as long as a client may ask for it. */
export class KnownPositions {
  readonly #streams = new BoundedMap<string, Remembered>(maxStreams);
  readonly #ageInMs: number;
  readonly #now: () => number;

  /** @param ageInMs For how long a stream is remembered that nobody has used. */
  constructor(ageInMs: number, now: () => number) {
    this.#ageInMs = ageInMs;
    this.#now = now;
  }

  of(stream: string): KnownPosition | undefined {
    const remembered = this.#streams.get(stream);
    return remembered && this.#isYoung(remembered) ? remembered.position : undefined;
  }

  /**
   * Takes what the store has told, in the order in which it did.
   *
   * @returns Whether the stream has another epoch than before.
   */
  learn(stream: string, position: StreamPosition, id?: string): boolean {
    const before = this.#streams.get(stream)?.position;
    const isSameEpoch = before?.epoch === position.epoch;
    const isFurther = !isSameEpoch || before.offset < position.offset;
    const now = isFurther ? { ...position, id } : before;
    this.#streams.set(stream, { position: now, at: this.#now() });
    return before !== undefined && !isSameEpoch;
  }

  /** Names of the streams that are remembered. */
  streams(): string[] {
    const names: string[] = [];
    for (const [stream, remembered] of [...this.#streams.entries()]) {
      if (this.#isYoung(remembered)) names.push(stream);
      else this.#streams.delete(stream);
    }
    return names;
  }

  #isYoung({ at }: Remembered): boolean {
    return this.#now() - at < this.#ageInMs;
  }
}
