import type { DeliveryCounts } from "../contract/live.ts";

export type DeliveryChange = Omit<DeliveryCounts, "clients">;

/** One broadcast, as one client hears it. */
export interface HeardBroadcast {
  /** The region of the app server that has sent it. */
  readonly server: string;
  readonly number: number;
  /** From the history, later than it was sent. */
  readonly isReplayed: boolean;
}

interface Source {
  first: number;
  last: number;
  /** Numbers between these that have not been heard. */
  readonly missing: Set<number>;
  /** Something is missing, and the client knows. */
  isTold: boolean;
}

export const NO_CHANGE: DeliveryChange = {
  sent: 0,
  missed: 0,
  missedUntold: 0,
  replayed: 0,
  doubled: 0,
  outOfOrder: 0,
};
// Who is away for hours comes back to a gap of thousands, and none of these arrives any more.
const maxMissing = 1000;

/** Which of the numbered broadcasts one client has heard: what is missing, double, in the wrong order. */
export class DeliveryRecord {
  readonly #sources = new Map<string, Source>();

  /** The client has been told that something is missing: what comes next may leave out what it likes. */
  tell(): void {
    for (const source of this.#sources.values()) source.isTold = true;
  }

  /** @returns What that changes in the counts. */
  hear({ server, number, isReplayed }: HeardBroadcast): DeliveryChange {
    return { ...this.#change(server, number), replayed: isReplayed ? 1 : 0 };
  }

  #change(server: string, number: number): DeliveryChange {
    const source = this.#sources.get(server);
    if (!source) {
      const missing = new Set<number>();
      this.#sources.set(server, { first: number, last: number, missing, isTold: false });
      return { ...NO_CHANGE, sent: 1 };
    }
    if (number > source.last) return advance(source, number);
    if (source.missing.delete(number)) return { ...NO_CHANGE, missed: -1, outOfOrder: 1 };
    if (number < source.first) return stepBack(source, number);
    return { ...NO_CHANGE, doubled: 1 };
  }
}

function advance(source: Source, number: number): DeliveryChange {
  const missed = addMissing(source, source.last + 1, number);
  const missedUntold = source.isTold ? 0 : missed;
  source.last = number;
  source.isTold = false;
  return { ...NO_CHANGE, sent: missed + 1, missed, missedUntold };
}

/** What the first one has overtaken. */
function stepBack(source: Source, number: number): DeliveryChange {
  const missed = addMissing(source, number + 1, source.first);
  source.first = number;
  return { ...NO_CHANGE, sent: missed + 1, missed, missedUntold: missed, outOfOrder: 1 };
}

/** @returns How many there are from `from` up to `end`, without that. */
function addMissing({ missing }: Source, from: number, end: number): number {
  for (let number = Math.max(from, end - maxMissing); number < end; number++) missing.add(number);
  for (const oldest of missing) {
    if (missing.size <= maxMissing) break;
    missing.delete(oldest);
  }
  return end - from;
}
