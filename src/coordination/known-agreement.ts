import type { Agreement } from "../contract/coordination.ts";
import type { Versioned } from "../contract/store.ts";
import type { Clock } from "../kit/clock.ts";
import { type AgreementRecord, isSpoilt, parseRecord } from "./agreement-record.ts";
import { identityOf, isAgreementOn, type KnownRecord } from "./decision.ts";

export interface AgreementListener {
  /** This server answers with another agreement. */
  agreed(agreement: Agreement, previous: Agreement | undefined): void;
  /** The store has a record that cannot be true, and is to be replaced. Told once for each. */
  recordSpoilt(error: unknown): void;
}

/** A record that is not to be looked at again before it is another one. */
interface RejectedRecord {
  readonly version: string;
  /** Undefined when it is to be replaced. */
  readonly error: unknown;
}

/** What one server knows of the record, and what it answers negotiate with. */
export class KnownAgreement {
  readonly #self: string;
  readonly #clock: Clock;
  readonly #listener: AgreementListener;
  #known: KnownRecord | undefined;
  #rejected: RejectedRecord | undefined;
  #renewals = 0;
  #losses = 0;
  #answered: Agreement | undefined;

  constructor(self: string, clock: Clock, listener: AgreementListener) {
    this.#self = self;
    this.#clock = clock;
    this.#listener = listener;
  }

  /** The record; undefined when the store has none that counts, or has not been read. */
  get known(): KnownRecord | undefined {
    return this.#known;
  }

  /** What a write has to replace; undefined when there is nothing. */
  get version(): string | undefined {
    return this.#known?.version ?? this.#rejected?.version;
  }

  /** The newest agreement of all that were found; a store may lose it. */
  get answered(): Agreement | undefined {
    return this.#answered;
  }

  /** The most of all records; the next one has as many at least, unless the store has lost something. */
  get renewals(): number {
    return this.#renewals;
  }

  /** How often the store was found to have lost something. */
  get losses(): number {
    return this.#losses;
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
   * @throws ResilientPubSubError `ERR_STORE_UNREADABLE`, the same one while the record is the same
   */
  update(found: Versioned | undefined): void {
    if (found === undefined) {
      if (this.#known) this.#losses += 1;
      this.#known = undefined;
      this.#rejected = undefined;
    } else if (found.version === this.#rejected?.version) {
      if (this.#rejected.error !== undefined) throw this.#rejected.error;
    } else if (found.version !== this.#known?.version) {
      this.#take(found);
    }
  }

  /** Takes what this server has written itself. */
  replace(known: KnownRecord): void {
    this.#known = known;
    this.#rejected = undefined;
    this.#renewals = Math.max(this.#renewals, known.record.renewals);
    const { agreement } = known.record;
    const previous = this.#answered;
    if (previous && agreement.epoch < previous.epoch) return;
    if (previous?.epoch === agreement.epoch && !isAgreementOn(previous, identityOf(agreement)))
      return;
    this.#answered = agreement;
    if (previous?.epoch !== agreement.epoch) this.#listener.agreed(agreement, previous);
  }

  #take({ text, version }: Versioned): void {
    const record = this.#parse(text, version);
    if (!isSpoilt(record)) {
      const isOlder = record.renewals < this.#renewals;
      if (isOlder) this.#losses += 1;
      const trusted = isOlder ? withoutVoters(record) : record;
      this.replace({ record: trusted, version, since: this.#clock.now() });
      return;
    }
    this.#known = undefined;
    this.#rejected = { version, error: undefined };
    this.#listener.recordSpoilt(record.error);
  }

  #parse(text: string, version: string): ReturnType<typeof parseRecord> {
    try {
      return parseRecord(text);
    } catch (error) {
      this.#rejected = { version, error };
      throw error;
    }
  }
}

/** What a store has turned back does not know who has come since. */
function withoutVoters({ voters: _, ...record }: AgreementRecord): AgreementRecord {
  return record;
}
