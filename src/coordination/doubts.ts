import type { Observation } from "../contract/coordination.ts";
import { countDoubts, type KnownRecord } from "./decision.ts";

/**
 * Tells when one more server than before sees the active endpoint unhealthy. Whoever has no traffic
 * would find that out with its next scheduled check only, and a move waits for it.
 */
export class Doubts {
  readonly #onMore: () => void;
  #epoch: number | undefined;
  #count = 0;

  /** @param onMore Told each time. */
  constructor(onMore: () => void) {
    this.#onMore = onMore;
  }

  /** @param peers What the peers see, as far as this server has read that. */
  update(known: KnownRecord | undefined, peers: Iterable<Observation>): void {
    if (known === undefined) return;
    const { record } = known;
    const { epoch } = record.agreement;
    const before = epoch === this.#epoch ? this.#count : 0;
    const count = Math.max(record.doubts ?? 0, countDoubts(record, [...peers]));
    this.#epoch = epoch;
    this.#count = count;
    if (count > before) this.#onMore();
  }
}
