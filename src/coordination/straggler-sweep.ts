import type { Agreement } from "../contract/coordination.ts";
import type { Clock } from "../kit/clock.ts";
import { ResilientPubSubError } from "../kit/errors.ts";
import { isAgreementOn } from "./decision.ts";
import type { EndpointIdentity } from "./observation.ts";
import {
  afterFailedSweep,
  afterSweep,
  isDue,
  isOf,
  newSweep,
  type SweepPace,
  type SweepState,
} from "./sweep-plan.ts";

/** An endpoint, as far as a sweep needs it. */
export interface SweepTarget extends EndpointIdentity {
  /** Undefined when calls may reach it, else why they would not. */
  readonly unreachable: string | undefined;
  /** Looks whether it can be reached again. */
  check(): void;
  /** Whether anybody is there whom a negotiate of ours has sent. */
  isOccupied(): Promise<boolean>;
  /** Closes all connections, with what clients are told of the reason. */
  closeAll(active: string): Promise<void>;
}

/** What the sweep needs to know of the agreement. */
export interface AgreementView {
  readonly agreement: Agreement | undefined;
  readonly isLeader: boolean;
  /**
   * Asks the store whether this is the agreement still.
   *
   * @throws when the store does not answer
   */
  isCurrent(agreement: Agreement): Promise<boolean>;
}

export interface SweepListener {
  /** Clients were closed there. */
  stragglersClosed(endpoint: string, epoch: number): void;
  /** Clients may be there who were not closed. */
  stragglersFailed(endpoint: string, error: unknown): void;
}

export interface SweepOptions {
  readonly agreement: AgreementView;
  /** All endpoints that may have clients. */
  readonly targets: () => readonly SweepTarget[];
  readonly pace: SweepPace;
  readonly clock: Clock;
  /** From 0 (included) to 1 (excluded). */
  readonly random: () => number;
  readonly listener: SweepListener;
}

/**
 * Closes whoever is connected to another endpoint than the active one: again and again until nobody
 * has come for longer than a slow server could have sent somebody there, and then at a leisurely
 * pace, because a token stays good for an hour and an old session may be continued.
 *
 * The leader does so at once. The others look as well, a lease later, since there may be an endpoint
 * that the leader does not reach. Each of them asks the store before it closes anybody: whoever does
 * not know for sure what is agreed would close the living.
 */
export class StragglerSweep {
  readonly #options: SweepOptions;
  readonly #states = new Map<string, SweepState>();
  #timer: { cancel(): void } | undefined;
  #running: Promise<void> = Promise.resolve();
  #isClosed = false;

  constructor(options: SweepOptions) {
    this.#options = options;
  }

  start(): void {
    this.#scheduleNext();
  }

  /** No further call begins. Resolves when those under way have ended. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#timer?.cancel();
    await this.#running;
  }

  /** There is a new agreement: nobody should wait for the next turn. */
  sweepSoon(): void {
    this.#scheduleNext(0);
  }

  #scheduleNext(inMs = this.#options.pace.pollIntervalInMs): void {
    if (this.#isClosed) return;
    this.#timer?.cancel();
    this.#timer = this.#options.clock.callIn(inMs, () => {
      this.#running = this.#running.then(() => this.#sweepAll());
      this.#scheduleNext();
    });
  }

  async #sweepAll(): Promise<void> {
    if (this.#isClosed) return;
    const { agreement } = this.#options.agreement;
    const inactive =
      agreement === undefined
        ? []
        : this.#options.targets().filter((target) => !isAgreementOn(agreement, target));
    for (const name of this.#states.keys()) {
      if (!inactive.some((target) => target.name === name)) this.#states.delete(name);
    }
    if (agreement === undefined) return;
    await Promise.all(inactive.map((target) => this.#visit(target, agreement)));
  }

  /** Never rejects. */
  async #visit(target: SweepTarget, agreement: Agreement): Promise<void> {
    const { clock, pace, random } = this.#options;
    const { isLeader } = this.#options.agreement;
    const now = clock.now();
    const state = this.#states.get(target.name);
    if (state === undefined || !isOf(state, agreement)) {
      // Its turn is the next one: whoever is closed now may be sent there again by a peer that has
      // not heard of the move yet.
      this.#states.set(target.name, newSweep(agreement, now, pace, random()));
    } else if (target.unreachable !== undefined) {
      this.#passBy(target, state, isLeader);
    } else if (isDue(state, isLeader, now)) {
      await this.#sweep(target, agreement, state, isLeader);
    }
  }

  /** As soon as it is back, those clients are cut off from all others that it has kept. */
  #passBy(target: SweepTarget, state: SweepState, isLeader: boolean): void {
    const { clock, pace } = this.#options;
    // All of them are closed then, as the first time.
    this.#states.set(target.name, { ...state, isSwept: false });
    if (!isLeader) return;
    target.check();
    if (clock.now() - state.startedAt < pace.leaseInMs) return;
    const message = `This server does not reach "${target.name}" (${target.unreachable}) to close the clients that may be there still; another server that does reach it will, or this one when it is back`;
    this.#tell(target, new ResilientPubSubError("ERR_UNHEALTHY_ENDPOINT", message));
  }

  async #sweep(
    target: SweepTarget,
    agreement: Agreement,
    state: SweepState,
    isLeader: boolean,
  ): Promise<void> {
    const { clock, listener, pace } = this.#options;
    try {
      const isOccupied = await target.isOccupied();
      // The first time for all, since not everybody there need have come by a negotiate of ours.
      const isToBeClosed = isOccupied || (isLeader && !state.isSwept);
      if (isToBeClosed && !(await this.#isCertain(agreement))) return;
      if (isToBeClosed) await target.closeAll(agreement.active);
      this.#states.set(target.name, afterSweep(state, isOccupied, clock.now(), pace));
      if (isOccupied) listener.stragglersClosed(target.name, agreement.epoch);
    } catch (error) {
      if (this.#isClosed) return;
      this.#states.set(target.name, afterFailedSweep(state, clock.now(), pace));
      this.#tell(target, error);
    }
  }

  /**
   * Whether the agreement is good enough for closing clients at once. While the store does not say
   * so, others may have moved everybody to where this server would close them.
   */
  async #isCertain(agreement: Agreement): Promise<boolean> {
    const { clock, pace } = this.#options;
    const askedAt = clock.now();
    try {
      const isCurrent = await this.#options.agreement.isCurrent(agreement);
      // This process may have stood still while the answer waited for it.
      const isFresh = clock.now() - askedAt < pace.leaseInMs / 2;
      return isCurrent && isFresh && !this.#isClosed;
    } catch {
      // The coordinator tells of a store that is away.
      return false;
    }
  }

  /** Once, until nobody is left behind there. */
  #tell({ name }: SweepTarget, error: unknown): void {
    const state = this.#states.get(name);
    if (state === undefined || state.isTold) return;
    this.#states.set(name, { ...state, isTold: true });
    this.#options.listener.stragglersFailed(name, error);
  }
}
