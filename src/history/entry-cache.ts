import type { HistoryEntry, RangeQuestion } from "../contract/history-store.ts";
import { type CachedEntry, cachedEntry, EntryRun } from "./cached-entries.ts";
import { maxMessages } from "./catch-up.ts";
import { segmentsToRead, type Wanted } from "./entry-segments.ts";

/** Entries, asked of the store; undefined where one of them is not there, fewer where one cannot be read. */
export type AskRanges = (
  questions: readonly RangeQuestion[],
) => Promise<readonly (readonly HistoryEntry[] | undefined)[]>;

/** Entries of a stream that a client lacks. */
export interface EntriesQuestion extends Wanted {
  readonly stream: string;
  readonly epoch: string;
}

/** The entries; else why not all of them are there. */
export type Found = EntryRun | "trimmed" | "hole";

/** What was found; undefined for what is there, and cannot be read. */
type ByOffset = ReadonlyMap<number, CachedEntry | undefined>;

interface HotStream {
  readonly epoch: string;
  /** In a row. */
  readonly entries: readonly CachedEntry[];
  /** By where they begin; they end where the entries do. */
  readonly runs: Map<number, EntryRun>;
  bytes: number;
}

interface Gathering {
  readonly questions: EntriesQuestion[];
  /** What was read, by the keys of the questions. */
  readonly found: Promise<ReadonlyMap<string, ByOffset>>;
}

/** What is kept in all, for whoever asks next. */
const maxBytes = 32 * 1024 * 1024;
/** What an entry takes besides its text. */
const OVERHEAD_IN_BYTES = 200;
/** Places in a stream that clients go on from, for which the answer is kept. */
const maxRuns = 32;
/** More would keep the store from everything else. */
const maxRangesOfCall = 128;

/**
 * The last entries of the streams that are read most, since those of a herd lack the same. An entry is
 * known by epoch and offset, which never name two messages; where a stream ends is not known here.
 * What is not there is read once for all who want it.
 */
export class EntryCache {
  readonly #ask: AskRanges;
  readonly #maxBytes: number;
  /** From the one that was read longest ago to the last one. */
  readonly #streams = new Map<string, HotStream>();
  readonly #underWay = new Map<string, Promise<unknown>>();
  #gathering: Gathering | undefined;
  #bytes = 0;

  constructor(ask: AskRanges, limit = maxBytes) {
    this.#ask = ask;
    this.#maxBytes = limit;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** At once what is cached, which most of a herd is. @throws what the store does */
  read(question: EntriesQuestion): Found | Promise<Found> {
    return this.#cached(question) ?? this.#readOnce(question);
  }

  async #readOnce(question: EntriesQuestion): Promise<Found> {
    const key = keyOf(question);
    for (let reading = this.#underWay.get(key); reading; reading = this.#underWay.get(key)) {
      await reading;
      const cached = this.#cached(question);
      if (cached) return cached;
    }
    this.#gathering ??= this.#gather();
    this.#gathering.questions.push(question);
    const found = await this.#gathering.found;
    // The others of the herd share what was made of it for the first.
    return this.#cached(question) ?? runIn(found.get(key), question);
  }

  #cached({ stream, epoch, from, to }: EntriesQuestion): EntryRun | undefined {
    const hot = this.#streams.get(stream);
    const [first, last] = [hot?.entries[0], hot?.entries.at(-1)];
    if (!hot || !first || !last || hot.epoch !== epoch) return undefined;
    if (from < first.offset || to > last.offset) return undefined;
    this.#streams.delete(stream);
    this.#streams.set(stream, hot);
    if (to < last.offset) {
      return new EntryRun(hot.entries.slice(from - first.offset, to - first.offset + 1));
    }
    const known = hot.runs.get(from);
    if (known) return known;
    const run = new EntryRun(hot.entries.slice(from - first.offset));
    if (hot.runs.size < maxRuns) {
      hot.runs.set(from, run);
      this.#grow(hot, run.bytes);
    }
    return run;
  }

  /** What is wanted in one turn of the event loop is read together. */
  #gather(): Gathering {
    const questions: EntriesQuestion[] = [];
    const found = new Promise<ReadonlyMap<string, ByOffset>>((resolve) => {
      setImmediate(() => {
        this.#gathering = undefined;
        resolve(this.#read(questions));
      });
    });
    return { questions, found };
  }

  async #read(questions: readonly EntriesQuestion[]): Promise<ReadonlyMap<string, ByOffset>> {
    const byKey = new Map<string, EntriesQuestion[]>();
    for (const question of questions) {
      const key = keyOf(question);
      byKey.set(key, [...(byKey.get(key) ?? []), question]);
    }
    const reading = this.#readStreams(byKey);
    const settled = reading.catch(() => {});
    for (const key of byKey.keys()) this.#underWay.set(key, settled);
    try {
      return await reading;
    } finally {
      for (const key of byKey.keys()) this.#underWay.delete(key);
    }
  }

  async #readStreams(
    byKey: ReadonlyMap<string, readonly EntriesQuestion[]>,
  ): Promise<ReadonlyMap<string, ByOffset>> {
    const ranges = [...byKey].flatMap(([key, wanted]) => this.#rangesOf(key, wanted));
    const calls: Promise<(readonly HistoryEntry[] | undefined)[]>[] = [];
    for (let at = 0; at < ranges.length; at += maxRangesOfCall) {
      const part = ranges.slice(at, at + maxRangesOfCall).map(({ question }) => question);
      calls.push(this.#ask(part).then((answers) => [...answers]));
    }
    const answers = (await Promise.all(calls)).flat();
    const found = new Map([...byKey.keys()].map((key) => [key, newOffsets()]));
    ranges.forEach(({ key, question: { from, to } }, index) => {
      const answer = answers[index];
      const offsets = found.get(key);
      if (!answer || !offsets) return;
      for (let offset = from; offset <= to; offset += 1) offsets.set(offset, undefined);
      for (const entry of answer) offsets.set(entry.offset, cachedEntry(entry));
    });
    for (const [key, [question]] of byKey) {
      const entries = found.get(key);
      if (question && entries) this.#keep(question, entries);
    }
    return found;
  }

  #rangesOf(key: string, wanted: readonly EntriesQuestion[]) {
    const [question] = wanted;
    if (question === undefined) return [];
    const { stream, epoch } = question;
    const hot = this.#streams.get(stream);
    const [first, last] = [hot?.entries[0], hot?.entries.at(-1)];
    const isKnown = hot?.epoch === epoch && first && last;
    const cached = isKnown ? { from: first.offset, to: last.offset } : undefined;
    return segmentsToRead(wanted, cached).map((segment) => ({
      key,
      question: { stream, epoch, ...segment },
    }));
  }

  /** Adds what was cached to what was found, and keeps the last of both that are in a row. */
  #keep({ stream, epoch }: EntriesQuestion, found: Map<number, CachedEntry | undefined>): void {
    const hot = this.#streams.get(stream);
    for (const entry of hot?.epoch === epoch ? hot.entries : []) found.set(entry.offset, entry);
    const entries: CachedEntry[] = [];
    const last = Math.max(...found.keys());
    for (let offset = last; entries.length < maxMessages; offset -= 1) {
      const entry = found.get(offset);
      if (entry === undefined) break;
      entries.push(entry);
    }
    if (entries.length === 0) return;
    this.#forget(stream);
    const kept: HotStream = { epoch, entries: entries.reverse(), runs: new Map(), bytes: 0 };
    this.#streams.set(stream, kept);
    this.#grow(
      kept,
      entries.reduce((sum, { bytes }) => sum + bytes + OVERHEAD_IN_BYTES, OVERHEAD_IN_BYTES),
    );
  }

  #grow(hot: HotStream, bytes: number): void {
    hot.bytes += bytes;
    this.#bytes += bytes;
    for (const stream of this.#streams.keys()) {
      if (this.#bytes <= this.#maxBytes) return;
      this.#forget(stream);
    }
  }

  #forget(stream: string): void {
    this.#bytes -= this.#streams.get(stream)?.bytes ?? 0;
    this.#streams.delete(stream);
  }
}

const newOffsets = (): Map<number, CachedEntry | undefined> => new Map();

const keyOf = ({ stream, epoch }: EntriesQuestion): string => `${epoch} ${stream}`;

/** A stream loses its entries from the beginning: where only others are missing, that is a hole. */
function runIn(found: ByOffset = new Map(), { from, to, isTail }: EntriesQuestion): Found {
  const entries: CachedEntry[] = [];
  for (let offset = to; offset >= from; offset -= 1) {
    const entry = found.get(offset);
    if (entry === undefined) break;
    entries.push(entry);
  }
  const isComplete = entries.length === to - from + 1;
  if (isComplete || isTail) return new EntryRun(entries.reverse());
  return found.has(from) ? "hole" : "trimmed";
}
