import type { Agreement } from "../contract/coordination.ts";
import type { RegisteredEndpoint } from "../endpoints/registered-endpoint.ts";
import type { EndpointRegistry } from "../endpoints/registry.ts";
import { withDeadline } from "../kit/deadline.ts";
import type { TypedEvents } from "../kit/typed-events.ts";
import { placedGroup } from "../marker-groups/marker.ts";
import { classifyFailure, type Failure } from "../service/failure.ts";

import type { Clock } from "./clock.ts";
import { isAgreementOn } from "./decision.ts";
import {
  afterFailedSweep,
  afterSweep,
  newSweep,
  type SweepPace,
  type SweepState,
} from "./sweep-plan.ts";

/**
 * How the reason begins that clients are given when they are closed because all have moved; the name
 * of the active endpoint follows.
 */
export const MOVE_REASON_PREFIX = "moved: ";

export interface SweepParts {
  readonly coordinator: {
    readonly agreement: Agreement | undefined;
    readonly isLeader: boolean;
  };
  readonly registry: EndpointRegistry;
  readonly monitor: {
    /** Never rejects. */
    check(endpoint: RegisteredEndpoint): Promise<void>;
    reportSuccess(endpoint: RegisteredEndpoint, startedAt?: number): void;
    reportFailure(endpoint: RegisteredEndpoint, failure: Failure, startedAt?: number): void;
  };
  readonly events: TypedEvents;
  readonly settings: SweepPace & {
    /** Deadline of one question whether anybody is there, and of one order to close. */
    readonly timeoutInMs: number;
  };
  readonly clock: Clock;
}

/**
 * Closes whoever is connected to another endpoint than the active one, by the leader only: again and
 * again until nobody has come for longer than a slow server could have sent somebody there, and then
 * at a leisurely pace, because a token stays good for an hour and an old session may be continued.
 */
export class StragglerSweep {
  readonly #parts: SweepParts;
  readonly #states = new Map<RegisteredEndpoint, SweepState>();
  readonly #closing = new AbortController();
  #timer: { cancel(): void } | undefined;
  #running: Promise<void> = Promise.resolve();

  constructor(parts: SweepParts) {
    this.#parts = parts;
  }

  start(): void {
    this.#scheduleNext();
  }

  /** Stops the timer and the calls under way. */
  async close(): Promise<void> {
    this.#closing.abort();
    this.#timer?.cancel();
    await this.#running;
  }

  /** There is a new agreement: nobody should wait for the next turn. */
  sweepSoon(): void {
    this.#scheduleNext(0);
  }

  #scheduleNext(inMs = this.#parts.settings.pollIntervalInMs): void {
    if (this.#closing.signal.aborted) return;
    this.#timer?.cancel();
    this.#timer = this.#parts.clock.callIn(inMs, () => {
      this.#running = this.#running.then(() => this.#sweepAll());
      this.#scheduleNext();
    });
  }

  async #sweepAll(): Promise<void> {
    const { clock, coordinator, monitor, registry } = this.#parts;
    const { agreement } = coordinator;
    if (agreement === undefined || !coordinator.isLeader) {
      this.#states.clear();
      return;
    }
    const inactive = registry.all().filter((endpoint) => isInactive(endpoint, agreement));
    const targets = registry.fanOutTargets();
    // Those included that must prove themselves before they get new clients: they may have old ones.
    const reachable = inactive.filter((endpoint) => targets.has(endpoint));
    for (const endpoint of inactive) {
      // As soon as it is back, those clients are cut off from all others that it has kept.
      if (!reachable.includes(endpoint)) void monitor.check(endpoint);
    }
    for (const endpoint of this.#states.keys()) {
      if (!reachable.includes(endpoint)) this.#states.delete(endpoint);
    }
    const now = clock.now();
    const sweeps = reachable.map((endpoint) => {
      const state = this.#states.get(endpoint);
      if (state?.epoch !== agreement.epoch) {
        // Its turn is the next one: whoever is closed now may be sent there again by a peer that has
        // not heard of the move yet.
        this.#states.set(endpoint, newSweep(agreement.epoch, now));
        return undefined;
      }
      return state.nextAt <= now ? this.#sweep(endpoint, agreement, state) : undefined;
    });
    await Promise.all(sweeps);
  }

  /** Never rejects. */
  async #sweep(
    endpoint: RegisteredEndpoint,
    agreement: Agreement,
    state: SweepState,
  ): Promise<void> {
    const { clock, events, monitor, settings } = this.#parts;
    const startedAt = performance.now();
    try {
      const isOccupied = await this.#closeClients(endpoint, agreement, state);
      monitor.reportSuccess(endpoint, startedAt);
      this.#states.set(endpoint, afterSweep(state, isOccupied, clock.now(), settings));
      if (isOccupied) {
        events.emit("stragglersClosed", { endpoint: endpoint.name, epoch: agreement.epoch });
      }
    } catch (error) {
      if (this.#closing.signal.aborted) return;
      this.#states.set(endpoint, afterFailedSweep(state, clock.now(), settings));
      monitor.reportFailure(endpoint, classifyFailure(error), startedAt);
      events.emit("stragglersFailed", { endpoint: endpoint.name, error });
    }
  }

  /** Resolves to whether anybody was there. */
  async #closeClients(
    { endpoint }: RegisteredEndpoint,
    { active }: Agreement,
    { isSwept }: SweepState,
  ): Promise<boolean> {
    const isOccupied = await this.#call((abortSignal) =>
      endpoint.client.groupExists(placedGroup, { abortSignal }),
    );
    // The first time for all, since not everybody there need have come by a negotiate of ours.
    if (isOccupied || !isSwept) {
      const reason = MOVE_REASON_PREFIX + active;
      await this.#call((abortSignal) =>
        endpoint.client.closeAllConnections({ reason, abortSignal }),
      );
    }
    return isOccupied;
  }

  #call<T>(operation: Parameters<typeof withDeadline<T>>[2]): Promise<T> {
    return withDeadline(this.#parts.settings.timeoutInMs, this.#closing.signal, operation);
  }
}

/** Whether nobody should be there. */
function isInactive(
  { name, joining, endpoint }: RegisteredEndpoint,
  agreement: Agreement,
): boolean {
  return !joining && !isAgreementOn(agreement, { name, url: endpoint.config.url });
}
