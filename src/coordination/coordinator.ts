import type { Agreement, Observation } from "../contract/coordination.ts";
import type {
  CoordinationStore,
  StoreCallOptions,
  StoreConnection,
  Versioned,
} from "../contract/store.ts";
import type { AgreementRecord } from "./agreement.ts";
import { parseRecord, writeRecord } from "./agreement.ts";
import type { Clock } from "./clock.ts";
import { Contact, type ContactListener, type ContactState } from "./contact.ts";
import { decide, isLeader, type KnownRecord, order, resign } from "./decision.ts";
import type { EndpointsDifference } from "./differences.ts";
import { type SteadyHome, watchHome } from "./home.ts";
import { type EndpointIdentity, seenIn } from "./observation.ts";
import { allObservations, Others } from "./others.ts";
import { OwnReport } from "./own-report.ts";
import { closed, StoreSession } from "./store-session.ts";

export interface CoordinatorSettings {
  readonly pollIntervalInMs: number;
  readonly leaseInMs: number;
  /** Whether clients are called back to where they belong. */
  readonly failback: boolean;
  readonly holdDownInMs: number;
}

export interface CoordinatorListener extends ContactListener {
  /** This server answers with another agreement from now on. */
  agreed(agreement: Agreement, previous: Agreement | undefined): void;
  /** Servers know different endpoints; told again only when something about it has changed. */
  differ(differences: readonly EndpointsDifference[]): void;
}

export interface CoordinatorParts {
  readonly store: CoordinationStore;
  readonly hub: string;
  /** Id of this server, unlike that of any other. */
  readonly self: string;
  readonly settings: CoordinatorSettings;
  readonly clock: Clock;
  /** From 0 (included) to 1 (excluded). */
  readonly random: () => number;
  /** What this server sees at the moment. */
  readonly observe: () => Observation;
  readonly listener: CoordinatorListener;
}

/**
 * Keeps one server in agreement with the others, by looking at the store again and again. Each look
 * is followed by one write at most.
 */
export class Coordinator {
  readonly #parts: CoordinatorParts;
  readonly #session: StoreSession;
  readonly #contact: Contact;
  readonly #others: Others;
  readonly #report: OwnReport;
  #known: KnownRecord | undefined;
  #answered: Agreement | undefined;
  #home: SteadyHome | undefined;
  /** Since when the active endpoint has been down for this server. */
  #downSince: number | undefined;
  #isHurried = false;
  #startedAt = Number.NEGATIVE_INFINITY;
  #timer: { cancel(): void } | undefined;
  #running: Promise<void> | undefined;
  #isClosed = false;

  constructor(parts: CoordinatorParts) {
    const { store, hub, self, settings, clock, listener } = parts;
    this.#parts = parts;
    const timeoutInMs = Math.max(settings.pollIntervalInMs, settings.leaseInMs / 4);
    this.#session = new StoreSession(store, hub, timeoutInMs, clock);
    this.#contact = new Contact(settings.leaseInMs / 2, clock, listener);
    this.#others = new Others(self, settings.leaseInMs, (differences) =>
      listener.differ(differences),
    );
    this.#report = new OwnReport(settings.leaseInMs);
  }

  /** What this server answers negotiate with; undefined before it has read one. */
  get agreement(): Agreement | undefined {
    return this.#answered;
  }

  get leader(): string | undefined {
    return this.#known?.record.leader ?? undefined;
  }

  get isLeader(): boolean {
    return isLeader(this.#known, this.#parts.self);
  }

  get contact(): ContactState {
    return this.#contact.state;
  }

  /** What the others see, as far as this server has asked lately: only a leader does. */
  get others(): ReadonlyMap<string, Observation> {
    return this.#others.present(this.#parts.clock.now());
  }

  start(): void {
    this.#scheduleIn(0);
  }

  /** Something that this server sees may have changed, and the others should know soon. */
  hurry(): void {
    if (this.#running) this.#isHurried = true;
    else this.#scheduleIn(this.#startedAt + this.#hurriedInMs - this.#parts.clock.now());
  }

  /**
   * Looks at the store now.
   *
   * @throws ResilientPubSubError `ERR_STORE_REFUSED`, `ERR_STORE_UNAVAILABLE`, `ERR_STORE_UNREADABLE`
   */
  async look(): Promise<void> {
    await this.#running;
    this.#poll();
    await this.#running;
    const { error } = this.contact;
    if (error !== undefined) throw error;
  }

  /**
   * Carries out an operator's order.
   *
   * @param check Throws when it cannot be carried out, as far as the other servers tell.
   * @throws ResilientPubSubError as `look` does
   */
  async switchTo(
    to: EndpointIdentity,
    check: (others: ReadonlyMap<string, Observation>) => void,
  ): Promise<Agreement> {
    while (this.#running) await this.#running;
    const switched = this.#carryOut(to, check);
    // It takes the turn of a poll, which may have had something to say in a hurry.
    const isSoon = (): boolean => true;
    this.#attendTo(switched.then(isSoon, isSoon));
    return switched;
  }

  async #carryOut(
    to: EndpointIdentity,
    check: (others: ReadonlyMap<string, Observation>) => void,
  ): Promise<Agreement> {
    for (;;) {
      const [found, said] = await Promise.all([
        this.#call((store, options) => store.readRecord(options)),
        this.#call((store, options) => store.readObservations(options)),
      ]);
      this.#learn(found);
      const { clock, self } = this.#parts;
      check(allObservations(said, self));
      const known = this.#known;
      const wallClock = clock.wallClock();
      const next = order({ self, known, answered: this.#answered, wallClock }, to);
      if (next && (await this.#write(next))) return next.agreement;
      if (!next && known) return known.record.agreement;
    }
  }

  /** Ends the lead and leaves, so that nobody waits for this server. Never rejects. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#timer?.cancel();
    this.#session.interrupt();
    await this.#running;
    // What cannot be said now, the others find out by themselves.
    if (this.contact.error === undefined) await this.#sayGoodbye();
    await this.#session.close();
  }

  async #sayGoodbye(): Promise<void> {
    const { self, settings } = this.#parts;
    const known = this.#known;
    const last = known && resign(known, self);
    const patienceInMs = settings.pollIntervalInMs;
    await Promise.allSettled([
      last &&
        this.#session.call(
          (store, options) => store.replaceRecord(known.version, writeRecord(last), options),
          patienceInMs,
        ),
      this.#report.isSaid &&
        this.#session.call(
          (store, options) => store.removeObservation(self, options),
          patienceInMs,
        ),
    ]);
  }

  #scheduleIn(inMs: number): void {
    if (this.#isClosed) return;
    this.#timer?.cancel();
    this.#timer = this.#parts.clock.callIn(Math.max(0, inMs), () => this.#poll());
  }

  #poll(): void {
    if (this.#running || this.#isClosed) return;
    this.#attendTo(this.#lookAndWrite());
  }

  /**
   * Nothing else is begun before this has ended: what a server reads and what it then writes belong
   * together. It tells whether there is more to do soon, and never rejects.
   */
  #attendTo(work: Promise<boolean>): void {
    this.#timer?.cancel();
    this.#startedAt = this.#parts.clock.now();
    this.#isHurried = false;
    this.#running = work.then((isSoon) => {
      this.#running = undefined;
      const elapsedInMs = this.#parts.clock.now() - this.#startedAt;
      const isUrgent = this.#isUrgent() || isSoon || this.#isHurried;
      this.#scheduleIn((isUrgent ? this.#hurriedInMs : this.#intervalInMs) - elapsedInMs);
    });
  }

  /** Resolves to whether there is more to do than to wait for the next time. Never rejects. */
  async #lookAndWrite(): Promise<boolean> {
    try {
      const isAsking = this.isLeader || this.#isLeadInDoubt || !this.#others.hasBeenAsked;
      const [found, heard] = await Promise.allSettled([
        this.#call((store, options) => store.readRecord(options)),
        isAsking ? this.#askOthers() : undefined,
      ]);
      this.#learn(resultOf(found));
      resultOf(heard);
      // Who takes the lead should have asked before: only so can it see who has spoken since.
      if (!isAsking && this.#decide()) await this.#askOthers();
      const isSoon = await this.#act();
      this.#contact.heard();
      return isSoon;
    } catch (error) {
      if (!this.#isClosed) this.#contact.failed(error);
      return false;
    }
  }

  async #act(): Promise<boolean> {
    const { clock, observe, self, settings } = this.#parts;
    const now = clock.now();
    // This process has stood still meanwhile: what it has found may be true no longer.
    if (now - this.#startedAt > settings.leaseInMs) return true;
    const next = this.#decide();
    if (next) {
      const wasLeader = this.isLeader;
      const isWritten = await this.#write(next);
      return !isWritten || !wasLeader;
    }
    const gone = this.isLeader ? this.#others.departed : undefined;
    if (gone !== undefined) {
      await this.#call((store, options) => store.removeObservation(gone, options));
    } else {
      await this.#report.sayIfDue(observe(), this.#known?.record.leader, now, (text) =>
        this.#call((store, options) =>
          store.writeObservation(self, text, settings.leaseInMs, options),
        ),
      );
    }
    return false;
  }

  async #askOthers(): Promise<void> {
    const { clock, observe } = this.#parts;
    const askedAt = clock.now();
    const said = await this.#call((store, options) => store.readObservations(options));
    this.#others.hear(said, askedAt, observe());
  }

  #decide(): AgreementRecord | undefined {
    const { clock, self, settings, observe } = this.#parts;
    const now = clock.now();
    const own = observe();
    const others = this.isLeader ? this.#others.voters : [];
    this.#home = this.isLeader ? watchHome(this.#home, [own, ...others], now) : undefined;
    const isHomeDue =
      settings.failback && this.#home && now - this.#home.since >= settings.holdDownInMs;
    return decide({
      self,
      now,
      wallClock: clock.wallClock(),
      known: this.#known,
      answered: this.#answered,
      own,
      others,
      home: isHomeDue ? this.#home?.endpoint : undefined,
      leaseInMs: settings.leaseInMs,
    });
  }

  /** Resolves to whether nobody was faster. */
  async #write(record: AgreementRecord): Promise<boolean> {
    const since = this.#parts.clock.now();
    const expected = this.#known?.version;
    const version = await this.#call((store, options) =>
      store.replaceRecord(expected, writeRecord(record), options),
    );
    if (version === undefined) return false;
    this.#know({ record, version, since });
    return true;
  }

  #learn(found: Versioned | undefined): void {
    if (found === undefined) {
      this.#known = undefined;
    } else if (found.version !== this.#known?.version) {
      const record = parseRecord(found.text);
      this.#know({ record, version: found.version, since: this.#parts.clock.now() });
    }
  }

  #know(known: KnownRecord): void {
    this.#known = known;
    this.#answer(known.record.agreement);
  }

  /** @throws ResilientPubSubError `ERR_CLOSED` after the end */
  async #call<T>(
    operation: (store: StoreConnection, options: StoreCallOptions) => Promise<T>,
  ): Promise<T> {
    if (this.#isClosed) throw closed();
    return this.#session.call(operation);
  }

  #answer(agreement: Agreement): void {
    const previous = this.#answered;
    if (previous && agreement.epoch <= previous.epoch) return;
    this.#answered = agreement;
    this.#parts.listener.agreed(agreement, previous);
  }

  /** A move is in the air: this server should hear of it, or bring it about, soon. But not for ever. */
  #isUrgent(): boolean {
    const { clock, observe, settings } = this.#parts;
    const agreement = this.#answered;
    const now = clock.now();
    const active = agreement && { name: agreement.active, url: agreement.url };
    const isDown = active && seenIn(observe(), active)?.state === "down";
    this.#downSince = isDown ? (this.#downSince ?? now) : undefined;
    return this.#downSince !== undefined && now - this.#downSince < settings.leaseInMs;
  }

  /** The leader is so late that this server may soon have to take over, and should know from whom to hear. */
  get #isLeadInDoubt(): boolean {
    const { clock, settings } = this.#parts;
    return (
      this.#known !== undefined && clock.now() - this.#known.since > (2 / 3) * settings.leaseInMs
    );
  }

  get #intervalInMs(): number {
    const { random, settings } = this.#parts;
    // Servers that were started together should not ask the store together for ever.
    return settings.pollIntervalInMs * (0.9 + 0.1 * random());
  }

  get #hurriedInMs(): number {
    return this.#parts.settings.pollIntervalInMs / 4;
  }
}

function resultOf<T>(result: PromiseSettledResult<T>): T {
  if (result.status === "rejected") throw result.reason;
  return result.value;
}
