import type { Agreement } from "../contract/coordination.ts";
import type { RegisteredEndpoint } from "../endpoints/registered-endpoint.ts";
import type { EndpointRegistry } from "../endpoints/registry.ts";
import { withDeadline } from "../kit/deadline.ts";
import type { TypedEvents } from "../kit/typed-events.ts";
import { placedGroup } from "../marker-groups/marker.ts";
import { classifyFailure, type Failure } from "../service/failure.ts";

import type { Clock } from "./clock.ts";
import { isSame } from "./decision.ts";

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
  readonly settings: {
    readonly pollIntervalInMs: number;
    readonly leaseInMs: number;
    /** Deadline of one look and of one order to close. */
    readonly timeoutInMs: number;
  };
  readonly clock: Clock;
}

/** What is known of the clients on an endpoint where nobody should be. Monotonic milliseconds. */
interface Watch {
  readonly epoch: number;
  /** When somebody was there last, or when the watch began. */
  occupiedAt: number;
  nextAt: number;
  /** Looks in a row that have found somebody. */
  finds: number;
  isSwept: boolean;
}

/**
 * Closes whoever is connected to another endpoint than the active one, by the leader only: again and
 * again until nobody has come for longer than a slow server could have sent somebody there, and then
 * at a leisurely pace, because a token stays good for an hour and an old session may be continued.
 */
export class StragglerSweep {
  readonly #parts: SweepParts;
  readonly #watches = new Map<RegisteredEndpoint, Watch>();
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
  hurry(): void {
    this.#scheduleNext(0);
  }

  #scheduleNext(inMs = this.#parts.settings.pollIntervalInMs): void {
    if (this.#closing.signal.aborted) return;
    this.#timer?.cancel();
    this.#timer = this.#parts.clock.callIn(inMs, () => {
      this.#running = this.#running.then(() => this.#sweep());
      this.#scheduleNext();
    });
  }

  async #sweep(): Promise<void> {
    const { clock, coordinator, monitor, registry } = this.#parts;
    const { agreement } = coordinator;
    if (agreement === undefined || !coordinator.isLeader) {
      this.#watches.clear();
      return;
    }
    const now = clock.now();
    const left = registry.all().filter((endpoint) => isLeft(endpoint, agreement));
    const receivers = registry.fanOutTargets();
    // Those included that must prove themselves before they get new clients: they may have old ones.
    const watched = left.filter((endpoint) => receivers.has(endpoint));
    for (const endpoint of left) {
      // As soon as it is back, those clients are cut off from all others that it has kept.
      if (!watched.includes(endpoint)) void monitor.check(endpoint);
    }
    for (const endpoint of this.#watches.keys()) {
      if (!watched.includes(endpoint)) this.#watches.delete(endpoint);
    }
    const due = watched.filter((endpoint) => this.#watchOf(endpoint, agreement).nextAt <= now);
    await Promise.all(due.map((endpoint) => this.#empty(endpoint, agreement)));
  }

  #watchOf(endpoint: RegisteredEndpoint, { epoch }: Agreement): Watch {
    const known = this.#watches.get(endpoint);
    if (known?.epoch === epoch) return known;
    const now = this.#parts.clock.now();
    const watch = { epoch, occupiedAt: now, nextAt: now, finds: 0, isSwept: false };
    this.#watches.set(endpoint, watch);
    return watch;
  }

  /** Never rejects. */
  async #empty(endpoint: RegisteredEndpoint, agreement: Agreement): Promise<void> {
    const { clock, events, monitor, settings } = this.#parts;
    const watch = this.#watchOf(endpoint, agreement);
    const startedAt = performance.now();
    try {
      const isOccupied = await this.#call((abortSignal) =>
        endpoint.endpoint.client.groupExists(placedGroup, { abortSignal }),
      );
      // The first time for all, since not everybody there need have come by a negotiate of ours.
      if (isOccupied || !watch.isSwept) {
        const reason = MOVE_REASON_PREFIX + agreement.active;
        await this.#call((abortSignal) =>
          endpoint.endpoint.client.closeAllConnections({ reason, abortSignal }),
        );
      }
      monitor.reportSuccess(endpoint, startedAt);
      watch.isSwept = true;
      this.#plan(watch, isOccupied);
      if (isOccupied) {
        events.emit("stragglersClosed", { endpoint: endpoint.name, epoch: agreement.epoch });
      }
    } catch (error) {
      if (this.#closing.signal.aborted) return;
      watch.nextAt = clock.now() + settings.pollIntervalInMs;
      monitor.reportFailure(endpoint, classifyFailure(error), startedAt);
      events.emit("stragglersFailed", { endpoint: endpoint.name, error });
    }
  }

  #plan(watch: Watch, isOccupied: boolean): void {
    const { clock, settings } = this.#parts;
    const { leaseInMs, pollIntervalInMs } = settings;
    const now = clock.now();
    watch.finds = isOccupied ? watch.finds + 1 : 0;
    if (isOccupied) watch.occupiedAt = now;
    const isQuiet = now - watch.occupiedAt > leaseInMs;
    // A server without the store goes on sending clients there; each second would hurt only them.
    const pauseInMs = isQuiet ? leaseInMs : pollIntervalInMs * Math.max(1, watch.finds - 2);
    watch.nextAt = now + Math.min(pauseInMs, leaseInMs);
  }

  #call<T>(operation: Parameters<typeof withDeadline<T>>[2]): Promise<T> {
    return withDeadline(this.#parts.settings.timeoutInMs, this.#closing.signal, operation);
  }
}

/** Whether nobody should be there. */
function isLeft({ name, joining, endpoint }: RegisteredEndpoint, agreement: Agreement): boolean {
  return !joining && !isSame(agreement, { name, url: endpoint.config.url });
}
