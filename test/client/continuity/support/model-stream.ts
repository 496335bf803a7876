import type { StreamPosition } from "../../../../src/client/continuity/envelope.ts";
import type {
  StreamAnswer,
  StreamQuestion,
} from "../../../../src/client/continuity/stream-state.ts";

const maxAnswered = 6;

/** A stream as a faultless store keeps it, and answers for it. */
export class ModelStream {
  readonly name: string;
  /** All that there ever were. */
  readonly epochs: string[] = [];
  /** Of each epoch, what is at each offset from 1; an empty id is a skip. */
  readonly #ids = new Map<string, string[]>();
  /** The first that is still kept. */
  #first = 1;

  constructor(name: string) {
    this.name = name;
    this.renew();
  }

  get top(): StreamPosition {
    const epoch = this.epochs.at(-1) as string;
    return { epoch, offset: this.#ids.get(epoch)?.length ?? 0 };
  }

  append(id: string): StreamPosition {
    this.#ids.get(this.top.epoch)?.push(id);
    return this.top;
  }

  renew(): void {
    const epoch = `epoch${String(this.epochs.length).padStart(3, "0")}`;
    this.epochs.push(epoch);
    this.#ids.set(epoch, []);
    this.#first = 1;
  }

  /** The end of an epoch before this one: what a server says that has not heard of this one. */
  get formerTop(): StreamPosition {
    const epoch = this.epochs.at(-2) ?? this.top.epoch;
    return { epoch, offset: this.#ids.get(epoch)?.length ?? 0 };
  }

  trim(): void {
    this.#first = Math.max(this.#first, this.top.offset - 1);
  }

  idAt(epoch: string, offset: number): string | undefined {
    return this.#ids.get(epoch)?.[offset - 1];
  }

  /** @param position Its end, as the server that is asked knows it. */
  answer({ since, seen }: StreamQuestion, position = this.top): StreamAnswer<string> {
    const { epoch, offset } = position;
    const no = (reason: string) => ({ position, recovered: false, reason, messages: [] });
    if (since.epoch === undefined) return { position, recovered: true, messages: [] };
    const from = since.offset ?? 0;
    const furthest = seen?.epoch === epoch ? seen.offset : from;
    if (since.epoch !== epoch || furthest > offset) return no("epoch");
    const isTrimmed = epoch === this.top.epoch && from + 1 < this.#first;
    if (isTrimmed) return no("trimmed");
    if (offset - from > maxAnswered) return no("too-far");
    const ids = (this.#ids.get(epoch) ?? []).slice(from, offset);
    const messages = ids.map((id, index) => ({
      offset: from + 1 + index,
      id: id || undefined,
      message: id || undefined,
    }));
    return { position, recovered: true, messages };
  }
}
