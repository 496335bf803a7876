import type { HistoryEntry } from "../contract/history-store.ts";
import type { Run } from "./catch-up.ts";

/** An entry as it is answered. */
export interface CachedEntry {
  readonly offset: number;
  readonly loggedAt: number;
  readonly json: string;
  readonly bytes: number;
  /** Ids of the connections that were not sent it. */
  readonly excluded: ReadonlySet<string> | undefined;
}

/** Undefined for what cannot be read. */
export function cachedEntry(entry: HistoryEntry): CachedEntry | undefined {
  const { offset, loggedAt, id, dataType, data, fromUserId, excluded = [] } = entry;
  if (dataType === "json" && !isJson(data)) return undefined;
  const user = fromUserId === undefined ? "" : `,"u":${JSON.stringify(fromUserId)}`;
  const body = dataType === "json" ? data : JSON.stringify(data);
  const json = `{"o":${offset},"id":${JSON.stringify(id)},"t":"${dataType}","d":${body}${user}}`;
  const bytes = Buffer.byteLength(json);
  return {
    offset,
    loggedAt,
    json,
    bytes,
    excluded: excluded.length > 0 ? new Set(excluded) : undefined,
  };
}

/** It would make the whole answer unreadable. */
function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** Entries in a row, which many clients may lack, written down for all of them at once. */
export class EntryRun implements Run {
  readonly entries: readonly CachedEntry[];
  readonly bytes: number;
  readonly oldestAt: number;
  readonly #hasExcluded: boolean;
  #json: Buffer | undefined;

  constructor(entries: readonly CachedEntry[]) {
    this.entries = entries;
    this.bytes = entries.reduce((sum, { bytes }) => sum + bytes + 1, 0);
    this.oldestAt = entries.reduce((oldest, { loggedAt }) => Math.min(oldest, loggedAt), Infinity);
    this.#hasExcluded = entries.some(({ excluded }) => excluded !== undefined);
  }

  /**
   * The members of a JSON array. What a connection was not sent is only told to be there.
   *
   * @param connections Ids that the client's connections have or had.
   */
  jsonFor(connections: readonly string[]): Buffer {
    const isExcluded = ({ excluded }: CachedEntry): boolean =>
      excluded !== undefined && connections.some((id) => excluded.has(id));
    if (this.#hasExcluded && this.entries.some(isExcluded)) {
      const skip = ({ offset }: CachedEntry): string => `{"o":${offset},"skip":1}`;
      return listed(this.entries.map((one) => (isExcluded(one) ? skip(one) : one.json)));
    }
    this.#json ??= listed(this.entries.map(({ json }) => json));
    return this.#json;
  }
}

const listed = (members: readonly string[]): Buffer => Buffer.from(members.join(","));
