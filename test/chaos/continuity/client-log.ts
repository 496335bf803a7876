import { type Numbered, now, STREAMS, type StreamName } from "./message.ts";
import { NumberSet } from "./number-set.ts";
import type { Places } from "./places.ts";
import type { ClientRecord, Inversion, Segment, StreamRecord, Violation } from "./record.ts";

const maxInversions = 20;
const maxViolations = 20;

/** Positions of a client by stream, as `client.positions` has them. */
export type Positions = Readonly<Record<string, string>>;

class StreamLog {
  readonly received = new Map<string, NumberSet>();
  readonly segments: Segment[] = [];
  readonly falses: number[] = [];
  readonly inversions: Inversion[] = [];
  readonly unplaced: Numbered[] = [];
  /** By sender, the highest number since the client was told of a gap. */
  readonly highest = new Map<string, number>();
  /** The last message that came, by its offset in the current epoch. */
  last = 0;

  get current(): Segment | undefined {
    return this.segments.at(-1);
  }

  get record(): StreamRecord {
    const received = [...this.received].map(([sender, set]) => [sender, set.toText()]);
    const { segments, falses, inversions, unplaced } = this;
    return { received: Object.fromEntries(received), segments, falses, inversions, unplaced };
  }
}

/** What one client is given: as little of it as tells whether anything is lost, doubled or out of order. */
export class ClientLog {
  readonly #name: string;
  readonly #places: Places;
  readonly #streams: Readonly<Record<StreamName, StreamLog>>;
  readonly #violations: Violation[] = [];

  constructor(name: string, places: Places) {
    this.#name = name;
    this.#places = places;
    this.#streams = { a: new StreamLog(), "g:room": new StreamLog() };
  }

  /** @param positions After the message. */
  onMessage(message: Numbered, positions: Positions): void {
    const log = this.#streams[message.stream];
    const { sender, number } = message;
    const received = log.received.get(sender) ?? new NumberSet();
    log.received.set(sender, received);
    if (received.add(number)) this.#blame("doubled", message, "came twice", positions);
    const highest = log.highest.get(sender) ?? 0;
    if (number < highest && log.inversions.length < maxInversions)
      log.inversions.push({ ...message, after: highest });
    log.highest.set(sender, Math.max(highest, number));
    this.#place(log, message, positions);
  }

  /** The client was told that something is missing. */
  onFalse(stream: string, positions: Positions): void {
    const log = this.#streams[stream as StreamName];
    if (log === undefined) return;
    log.falses.push(now());
    log.highest.clear();
    this.#begin(log, positions[stream]);
  }

  /** From here on nothing may be missing. */
  begin(positions: Positions): void {
    for (const stream of STREAMS) this.#begin(this.#streams[stream], positions[stream]);
  }

  /** @param positions Now: skips and doubles that were dropped have moved it as well. */
  end(positions: Positions): ClientRecord {
    for (const stream of STREAMS) {
      const { current } = this.#streams[stream];
      const [epoch, offset] = readPosition(positions[stream]);
      if (current && epoch === current.epoch) current.end = offset;
      else {
        const what = `${this.#name}: is at ${positions[stream]} of ${stream}, and was not told`;
        this.#violations.push({ kind: "untold", what });
      }
    }
    const { a, "g:room": room } = this.#streams;
    const streams = { a: a.record, "g:room": room.record };
    return { name: this.#name, streams, violations: this.#violations };
  }

  #begin(log: StreamLog, position: string | undefined): void {
    const [epoch, offset] = readPosition(position);
    log.last = 0;
    log.segments.push({ epoch, start: offset, end: offset, since: now() });
  }

  #place(log: StreamLog, message: Numbered, positions: Positions): void {
    const [epoch, offset] = readPosition(positions[message.stream]);
    const { current } = log;
    if (current === undefined || epoch !== current.epoch) {
      this.#blame("untold", message, `came, the epoch was ${current?.epoch}`, positions);
      this.#begin(log, positions[message.stream]);
      return;
    }
    current.end = Math.max(current.end, offset);
    const own = this.#places.offsetOf(message, epoch);
    // Before or without a position, messages are in no order.
    if (own === undefined) return;
    if (own > offset) {
      // It has come as one without a position, for all that this client knows.
      if (log.unplaced.length < maxInversions) log.unplaced.push(message);
      return;
    }
    if (own < log.last) this.#blame("disordered", message, `came after ${log.last}`, positions);
    log.last = Math.max(log.last, own);
  }

  #blame(
    kind: Violation["kind"],
    { sender, number, stream }: Numbered,
    what: string,
    positions: Positions,
  ): void {
    if (this.#violations.length >= maxViolations) return;
    const text = `${this.#name}: ${stream} ${sender} ${number} ${what} (at ${positions[stream]})`;
    this.#violations.push({ kind, what: text });
  }
}

export function readPosition(text = ""): [epoch: string, offset: number] {
  const [epoch = "", offset] = text.split(":");
  return [epoch, Number(offset ?? 0)];
}
