import type { StreamPosition } from "../../../../src/client/continuity/envelope.ts";
import type { PositionEffect } from "../../../../src/client/continuity/stream-state.ts";
import type { ModelStream } from "./model-stream.ts";

/** Knows what was sent in a stream, and judges what an application gets of it. */
export class Judge {
  readonly #stream: ModelStream;
  readonly #got = new Set<string>();
  /** Nothing is missing up to there; undefined after the application was told that something may be. */
  #cursor: StreamPosition | undefined;
  /** What was delivered last, by the index of its epoch. */
  #last = { index: -1, offset: 0 };
  #isTrueTold = false;
  /** Messages, by the epoch that they are of. */
  readonly #owed = new Map<string, string>();

  constructor(stream: ModelStream) {
    this.#stream = stream;
  }

  /** The application is promised everything after this. */
  begin(position: StreamPosition): void {
    this.#cursor = position;
  }

  /** A message has come to a client that does not know yet where the stream begins for it. */
  owe(message: string, { epoch }: StreamPosition): void {
    this.#owed.set(message, epoch);
  }

  /** The page was loaded anew, before the client had a position: nothing is owed to the new one. */
  forget(): void {
    this.#owed.clear();
  }

  see(effect: PositionEffect<string>): void {
    if (effect.type === "told") {
      this.#isTrueTold = effect.recovered;
      if (effect.recovered) return;
      this.#cursor = undefined;
      this.#owed.clear();
    }
    if (effect.type !== "deliver") return;
    const { message, position } = effect;
    if (this.#got.has(message)) throw new Error(`I1: ${message} was delivered twice`);
    this.#got.add(message);
    if (!position) return;
    const index = this.#stream.epochs.indexOf(position.epoch);
    const isLater = index === this.#last.index && position.offset > this.#last.offset;
    if (index <= this.#last.index && !isLater) throw new Error(`I3: ${message} came too late`);
    this.#last = { index, offset: position.offset };
    this.#reach({ ...position, offset: position.offset - 1 }, "I2");
    this.#reach(position, "I2");
  }

  /** After all that came of an answer, whose top was this. */
  settle(top: StreamPosition): void {
    if (this.#isTrueTold) this.#reach(top, "I4");
    this.#isTrueTold = false;
    // From there on nothing is missing untold.
    this.#cursor ??= top;
  }

  /** When everything has arrived. */
  end(top: StreamPosition): void {
    this.#reach(top, "I2");
    for (const [message, epoch] of this.#owed) {
      const isMissing = epoch === top.epoch && !this.#got.has(message);
      if (isMissing) throw new Error(`I2: ${message} had come, and is missing`);
    }
  }

  #reach(to: StreamPosition, rule: string): void {
    const { epoch, offset } = this.#cursor ?? to;
    if (epoch !== to.epoch) throw new Error(`${rule}: ${to.epoch} follows ${epoch}, untold`);
    for (let at = offset + 1; at <= to.offset; at += 1) {
      const id = this.#stream.idAt(epoch, at);
      if (id && !this.#got.has(id)) throw new Error(`${rule}: ${id} at ${epoch}:${at} is missing`);
    }
    this.#cursor = { epoch, offset: Math.max(offset, to.offset) };
  }
}
