import type { Agreement, Observation } from "../contract/coordination.ts";
import type {
  CoordinationStore,
  StoreCallOptions,
  StoreConnection,
  Versioned,
} from "../contract/store.ts";
import type { Clock } from "../kit/clock.ts";
import { type AgreementRecord, isSpoilt, parseRecord, writeRecord } from "./agreement-record.ts";
import {
  decide,
  identityOf,
  isSameAgreement,
  passOnDoubts,
  resign,
  type Situation,
  switchActive,
} from "./decision.ts";
import { Doubts } from "./doubts.ts";
import type { EndpointsDifference } from "./endpoints-difference.ts";
import { HeartbeatSender } from "./heartbeat-sender.ts";
import { type AgreementListener, KnownAgreement } from "./known-agreement.ts";
import { type EndpointIdentity, seenIn } from "./observation.ts";
import { observationsOfPeers, Peers } from "./peers.ts";
import { type NextPoll, PollScheduler } from "./poll-scheduler.ts";
import { type PreferredEndpoint, pastHoldDown, preferredEndpoint } from "./preferred-endpoint.ts";
import {
  type ReachabilityListener,
  type ReachabilityState,
  StoreReachability,
} from "./store-reachability.ts";
import { closedError, StoreSession } from "./store-session.ts";

export interface CoordinatorSettings {
  readonly pollIntervalInMs: number;
  readonly leaseInMs: number;
  /** Whether everybody is moved to the preferred endpoint after the hold-down. */
  readonly failback: boolean;
  readonly holdDownInMs: number;
}

export interface CoordinatorListener extends ReachabilityListener, AgreementListener {
  /** More servers than before see the active endpoint unhealthy: this one should look at it. */
  activeDoubted(): void;
  /** Servers know different endpoints; told again only when something about it has changed. */
  endpointsDiffer(differences: readonly EndpointsDifference[]): void;
  /** The store could not be closed; everything else has ended. */
  closeFailed(error: unknown): void;
}

export interface CoordinatorOptions {
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

/** An application that ends waits no longer than that for what a store does. */
const maxClosingStepInMs = 2_000;

/**
 * Keeps one server in agreement with its peers, by polling the store. Each poll reads, and is
 * followed by one write at most.
 */
export class Coordinator {
  readonly #options: CoordinatorOptions;
  readonly #session: StoreSession;
  readonly #reachability: StoreReachability;
  readonly #scheduler: PollScheduler;
  readonly #agreement: KnownAgreement;
  readonly #peers: Peers;
  readonly #heartbeat: HeartbeatSender;
  readonly #doubts: Doubts;
  #preferred: PreferredEndpoint | undefined;
  /** Since when the active endpoint has been unhealthy for this server. */
  #activeUnhealthySince: number | undefined;
  #isClosed = false;

  constructor(options: CoordinatorOptions) {
    const { store, hub, self, settings, clock, listener, random } = options;
    const { leaseInMs, pollIntervalInMs } = settings;
    this.#options = options;
    this.#session = new StoreSession(store, hub, Math.max(pollIntervalInMs, leaseInMs / 4), clock);
    this.#reachability = new StoreReachability(leaseInMs / 2, clock, listener);
    this.#agreement = new KnownAgreement(self, clock, listener);
    this.#peers = new Peers(self, settings, (differences) => listener.endpointsDiffer(differences));
    this.#heartbeat = new HeartbeatSender(leaseInMs);
    this.#doubts = new Doubts(() => listener.activeDoubted());
    this.#scheduler = new PollScheduler({
      pollIntervalInMs,
      clock,
      random,
      poll: () => this.#poll(),
      isUrgent: () => this.#isMoveExpected(),
    });
  }

  /** What this server answers negotiate with; undefined before it has read one. */
  get agreement(): Agreement | undefined {
    return this.#agreement.answered;
  }

  get leader(): string | undefined {
    return this.#agreement.leader;
  }

  get isLeader(): boolean {
    return !this.#isClosed && this.#agreement.isLeader;
  }

  get reachability(): ReachabilityState {
    return this.#reachability.state;
  }

  /** What the peers see, as far as this server has read that lately: only a leader does. */
  get peers(): ReadonlyMap<string, Observation> {
    return this.#peers.present;
  }

  start(): void {
    this.#scheduler.start();
  }

  /** Something that this server sees may have changed, and its peers should know soon. */
  pollSoon(): void {
    this.#scheduler.pollSoon();
  }

  /**
   * Polls the store now.
   *
   * @throws ResilientPubSubError `ERR_STORE_REFUSED`, `ERR_STORE_UNAVAILABLE`, `ERR_STORE_UNREADABLE`
   */
  async poll(): Promise<void> {
    await this.#scheduler.pollNow();
    const { error } = this.reachability;
    if (error !== undefined) throw error;
  }

  /**
   * Carries out an operator's order.
   *
   * @param check Throws when it cannot be carried out, as far as the peers tell.
   * @throws ResilientPubSubError as `poll` does
   */
  switchTo(
    to: EndpointIdentity,
    check: (peers: ReadonlyMap<string, Observation>) => void,
  ): Promise<Agreement> {
    return this.#scheduler.runInsteadOfPoll(() => this.#switchTo(to, check));
  }

  /**
   * Asks the store whether this is the agreement still.
   *
   * @throws ResilientPubSubError as `poll` does
   */
  async isCurrent(agreement: Agreement): Promise<boolean> {
    const found = await this.#call((store, options) => store.readRecord(options));
    const record = found && parseRecord(found.text);
    const isCurrent =
      record !== undefined && !isSpoilt(record) && isSameAgreement(record.agreement, agreement);
    if (!isCurrent) this.pollSoon();
    return isCurrent;
  }

  /** Ends the lead and leaves, so that nobody waits for this server. Never rejects. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#scheduler.close();
    this.#session.interrupt();
    await this.#scheduler.idle();
    // What cannot be written now, the peers find out by themselves.
    if (this.reachability.error === undefined) await this.#leave();
    try {
      await this.#session.close(this.#closingStepInMs);
    } catch (error) {
      this.#options.listener.closeFailed(error);
    }
  }

  /** Whoever takes the lead of a server that died a lease ago should still find what it knew. */
  get #keepForInMs(): number {
    return 2 * this.#options.settings.leaseInMs;
  }

  get #closingStepInMs(): number {
    return Math.min(this.#options.settings.pollIntervalInMs, maxClosingStepInMs);
  }

  async #leave(): Promise<void> {
    const { observe, self } = this.#options;
    const { known } = this.#agreement;
    const last = known && resign(known, self);
    const timeoutInMs = this.#closingStepInMs;
    await Promise.allSettled([
      last &&
        this.#session.call(
          (store, options) => store.replaceRecord(known.version, writeRecord(last), options),
          timeoutInMs,
        ),
      this.#heartbeat.hasSent &&
        this.#session.call(
          (store, options) =>
            store.writeObservation(
              self,
              this.#heartbeat.farewell(observe()),
              this.#keepForInMs,
              options,
            ),
          timeoutInMs,
        ),
    ]);
  }

  async #switchTo(
    to: EndpointIdentity,
    check: (peers: ReadonlyMap<string, Observation>) => void,
  ): Promise<Agreement> {
    const { self } = this.#options;
    for (;;) {
      const [found, heartbeats] = await Promise.all([
        this.#call((store, options) => store.readRecord(options)),
        this.#call((store, options) => store.readObservations(options)),
      ]);
      this.#learn(found);
      check(observationsOfPeers(heartbeats, self));
      const { known, answered, renewals } = this.#agreement;
      const next = switchActive({ self, known, answered, renewals, ...this.#ofNextAgreement }, to);
      if (next && (await this.#write(next))) return next.agreement;
      if (!next && known) return known.record.agreement;
    }
  }

  async #poll(): Promise<NextPoll> {
    const startedAt = this.#options.clock.now();
    try {
      await this.#read();
      this.#doubts.update(this.#agreement.known, this.#votesForLeader.values());
      const next = await this.#writeWhatIsDue(startedAt);
      this.#reachability.answered();
      return next;
    } catch (error) {
      if (!this.#isClosed) this.#reachability.failed(error);
      return "as-usual";
    }
  }

  async #read(): Promise<void> {
    const { leaseInMs } = this.#options.settings;
    const readsPeers =
      this.isLeader || this.#agreement.isLeadInDoubt(leaseInMs) || !this.#peers.hasBeenRead;
    const [found, read] = await Promise.allSettled([
      this.#call((store, options) => store.readRecord(options)),
      readsPeers ? this.#readPeers() : undefined,
    ]);
    this.#learn(fulfilled(found));
    fulfilled(read);
    // Who takes the lead should have read before: only so can it see whose heartbeat is new.
    if (readsPeers) return;
    this.#peers.forget();
    if (this.#decide()) await this.#readPeers();
  }

  #learn(found: Versioned | undefined): void {
    const { losses } = this.#agreement;
    this.#agreement.update(found);
    if (this.#agreement.losses > losses) this.#peers.listenAnew();
  }

  async #readPeers(): Promise<void> {
    const { clock, observe } = this.#options;
    const readAt = clock.now();
    const heartbeats = await this.#call((store, options) => store.readObservations(options));
    const named = this.#agreement.known?.record.voters;
    this.#peers.update(heartbeats, readAt, named, observe());
  }

  async #writeWhatIsDue(startedAt: number): Promise<NextPoll> {
    const { clock, observe, self, settings } = this.#options;
    const now = clock.now();
    // This process has stood still meanwhile: what it has found may be true no longer.
    if (now - startedAt > settings.leaseInMs) return "soon";
    const next = this.#decide() ?? passOnDoubts(this.#situation);
    if (next) {
      const wasLeader = this.isLeader;
      const isWritten = await this.#write(next);
      return isWritten && wasLeader ? "as-usual" : "soon";
    }
    const departed = this.isLeader ? this.#peers.departed : undefined;
    if (departed !== undefined) {
      await this.#call((store, options) => store.removeObservation(departed, options));
    } else {
      await this.#heartbeat.sendIfDue(observe(), this.leader, now, (text) =>
        this.#call((store, options) =>
          store.writeObservation(self, text, this.#keepForInMs, options),
        ),
      );
    }
    return "as-usual";
  }

  #decide(): AgreementRecord | undefined {
    const { now, own, peers } = this.#situation;
    this.#preferred = this.isLeader
      ? preferredEndpoint(this.#preferred, [own, ...peers.values()], now)
      : undefined;
    return decide(this.#situation);
  }

  get #situation(): Situation {
    const { clock, self, settings, observe } = this.#options;
    const { known, answered, renewals } = this.#agreement;
    const now = clock.now();
    return {
      self,
      now,
      ...this.#ofNextAgreement,
      known,
      answered,
      renewals,
      own: observe(),
      peers: this.#votesForLeader,
      hasAllPeers: this.#peers.isComplete,
      failbackTo: settings.failback
        ? pastHoldDown(this.#preferred, settings.holdDownInMs, now)
        : undefined,
      leaseInMs: settings.leaseInMs,
    };
  }

  get #votesForLeader(): ReadonlyMap<string, Observation> {
    return this.isLeader ? this.#peers.votes : new Map();
  }

  get #ofNextAgreement(): Pick<Situation, "incarnation" | "wallClock"> {
    const { clock, random } = this.#options;
    const incarnation = Math.floor(random() * 2 ** 52).toString(36);
    return { incarnation, wallClock: clock.wallClock() };
  }

  /** Resolves to whether nobody was faster. */
  async #write(record: AgreementRecord): Promise<boolean> {
    const since = this.#options.clock.now();
    const expected = this.#agreement.version;
    const version = await this.#call((store, options) =>
      store.replaceRecord(expected, writeRecord(record), options),
    );
    if (version === undefined) return false;
    this.#agreement.replace({ record, version, since });
    return true;
  }

  /** @throws ResilientPubSubError `ERR_CLOSED` after the end */
  async #call<T>(
    operation: (store: StoreConnection, options: StoreCallOptions) => Promise<T>,
  ): Promise<T> {
    if (this.#isClosed) throw closedError();
    return this.#session.call(operation);
  }

  /** This server should hear of a move, or bring it about, soon. But it does not expect one for ever. */
  #isMoveExpected(): boolean {
    const { clock, observe, settings } = this.#options;
    const { agreement } = this;
    const now = clock.now();
    const active = agreement && identityOf(agreement);
    const isUnhealthy = active && seenIn(observe(), active)?.state === "unhealthy";
    this.#activeUnhealthySince = isUnhealthy ? (this.#activeUnhealthySince ?? now) : undefined;
    return (
      this.#activeUnhealthySince !== undefined &&
      now - this.#activeUnhealthySince < settings.leaseInMs
    );
  }
}

function fulfilled<T>(result: PromiseSettledResult<T>): T {
  if (result.status === "rejected") throw result.reason;
  return result.value;
}
