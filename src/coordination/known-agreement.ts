import type { Agreement } from "../contract/coordination.ts";
import type { Versioned } from "../contract/store.ts";
import { parseRecord } from "./agreement-record.ts";
import type { Clock } from "./clock.ts";
import type { KnownRecord } from "./decision.ts";

/** What one server knows of the record, and what it answers negotiate with. */
export class KnownAgreement {
  readonly #self: string;
  readonly #clock: Clock;
  readonly #onChange: (agreement: Agreement, previous: Agreement | undefined) => void;
  #known: KnownRecord | undefined;
  #answered: Agreement | undefined;

  /** @param onChange Told when this server answers with another agreement. */
  constructor(
    self: string,
    clock: Clock,
    onChange: (agreement: Agreement, previous: Agreement | undefined) => void,
  ) {
    this.#self = self;
    this.#clock = clock;
    this.#onChange = onChange;
  }

  /** The record; undefined when the store has none, or has not been read. */
  get known(): KnownRecord | undefined {
    return this.#known;
  }

  /** The newest agreement of all that were found; a store may lose it. */
  get answered(): Agreement | undefined {
    return this.#answered;
  }

  get leader(): string | undefined {
    return this.#known?.record.leader ?? undefined;
  }

  get isLeader(): boolean {
    return this.leader === this.#self;
  }

  /** Whether the leader is so late that this server may soon have to take over. */
  isLeadInDoubt(leaseInMs: number): boolean {
    return this.#known !== undefined && this.#clock.now() - this.#known.since > (2 / 3) * leaseInMs;
  }

  /**
   * Takes what the store has just answered.
   *
   * @throws ResilientPubSubError `ERR_STORE_UNREADABLE`
   */
  update(found: Versioned | undefined): void {
    if (found === undefined) {
      this.#known = undefined;
    } else if (found.version !== this.#known?.version) {
      const record = parseRecord(found.text);
      this.replace({ record, version: found.version, since: this.#clock.now() });
    }
  }

  /** Takes what this server has written itself. */
  replace(known: KnownRecord): void {
    this.#known = known;
    const { agreement } = known.record;
    const previous = this.#answered;
    if (previous && agreement.epoch <= previous.epoch) return;
    this.#answered = agreement;
    this.#onChange(agreement, previous);
  }
}
