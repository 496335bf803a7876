import { readPosition } from "./client-log.ts";
import { keyOf, type Numbered, type StreamName } from "./message.ts";
import type { RunRecord, Sent } from "./record.ts";

/** A message that somebody was given, or that its sender tells of. */
export interface KnownMessage extends Numbered {
  /** Undefined for one whose sender was killed before it could tell. */
  readonly sent: Sent | undefined;
  /**
   * None for one that nobody was given with a position; of several epochs for one that was published
   * again after the store had forgotten it.
   */
  readonly positions: string[];
}

/** What was sent and where it was, by all who know anything of it. */
export class MessageLog {
  /** By the stream and their keys. */
  readonly #messages = new Map<string, KnownMessage>();
  /** By the stream and their positions. */
  readonly #places = new Map<string, KnownMessage>();
  readonly #lists = new Map<StreamName, readonly KnownMessage[]>();
  readonly contradictions: string[] = [];

  constructor({ sent, claims }: Pick<RunRecord, "sent" | "claims">) {
    for (const one of sent) this.#know(one, one);
    for (const claim of claims) this.#place(this.#know(claim), claim.position);
    for (const one of sent) if (one.position) this.#place(this.#know(one), one.position);
  }

  in(stream: StreamName): readonly KnownMessage[] {
    const known = this.#lists.get(stream);
    if (known) return known;
    const list = [...this.#messages.values()].filter((one) => one.stream === stream);
    this.#lists.set(stream, list);
    return list;
  }

  find(stream: StreamName, sender: string, number: number): KnownMessage | undefined {
    return this.#messages.get(nameOf({ stream, sender, number }));
  }

  at(stream: StreamName, position: string): KnownMessage | undefined {
    return this.#places.get(`${stream} ${position}`);
  }

  /** Messages of one sender that were logged in another order than it has sent them. */
  get disorder(): string[] {
    const last = new Map<string, number>();
    const logged = [...this.#messages.values()].filter(({ sent }) => sent?.history === "logged");
    return logged
      .toSorted((one, other) => one.number - other.number)
      .flatMap(({ stream, sender, number, positions }) =>
        positions.flatMap((position) => {
          const [epoch, offset] = readPosition(position);
          const key = `${stream} ${sender} ${epoch}`;
          const before = last.get(key) ?? 0;
          last.set(key, Math.max(offset, before));
          return offset > before ? [] : [`${stream} ${sender} ${number} is logged at ${position}`];
        }),
      );
  }

  /** Messages that may be in a stream without anybody having seen their position. */
  countUnplaced(stream: StreamName): number {
    return this.in(stream).filter(({ positions }) => positions.length === 0).length;
  }

  #know({ stream, sender, number }: Numbered, sent?: Sent): KnownMessage {
    const name = nameOf({ stream, sender, number });
    const known = this.#messages.get(name);
    if (known) return known;
    const message: KnownMessage = { stream, sender, number, sent, positions: [] };
    this.#messages.set(name, message);
    return message;
  }

  #place(message: KnownMessage, position: string): void {
    const place = `${message.stream} ${position}`;
    const other = this.#places.get(place);
    // Every process says so.
    if (other === message) return;
    if (other) this.contradictions.push(`${place} is ${keyOf(other)} and ${keyOf(message)}`);
    const [epoch] = readPosition(position);
    const twice = message.positions.find((known) => readPosition(known)[0] === epoch);
    if (twice) this.contradictions.push(`${nameOf(message)} is at ${twice} and at ${position}`);
    if (!other) this.#places.set(place, message);
    message.positions.push(position);
  }
}

const nameOf = (message: Numbered): string => `${message.stream} ${keyOf(message)}`;
