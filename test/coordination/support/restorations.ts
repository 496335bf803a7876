import type { RecordWrite, StoreSide } from "./simulated-store.ts";

interface Restoration {
  /** When the store lost the record. */
  readonly since: number;
  /** Somebody knows again of how many servers there are. */
  isOver: boolean;
  /** The record as it was written down anew, and all that have followed from it. */
  readonly texts: Set<string>;
}

/** When servers had to write down anew what they had agreed on, and no more knew of how many they are. */
export class Restorations {
  readonly #latest = new Map<StoreSide, Restoration>();

  /** @param namesVoters Whether the record that was written knows of how many servers there are. */
  recordWritten({ text, side, replaced }: RecordWrite, namesVoters: boolean): void {
    const latest = this.#latest.get(side);
    if (latest === undefined) return;
    if (follows(latest, replaced)) latest.texts.add(text);
    if (namesVoters) latest.isOver = true;
  }

  /** @param since When the store lost it. */
  begin({ text, side }: RecordWrite, since: number): void {
    const latest = this.#latest.get(side);
    // Whoever listens already need not begin anew.
    if (latest?.isOver === false) latest.texts.add(text);
    else this.#latest.set(side, { since, isOver: false, texts: new Set([text]) });
  }

  /** Since when the record that was replaced comes from one; a store may also come back as it was before. */
  sinceOf({ side, replaced }: RecordWrite): number {
    const latest = this.#latest.get(side);
    return latest && follows(latest, replaced) ? latest.since : Number.NEGATIVE_INFINITY;
  }
}

function follows({ texts }: Restoration, replaced: string | undefined): boolean {
  return replaced !== undefined && texts.has(replaced);
}
