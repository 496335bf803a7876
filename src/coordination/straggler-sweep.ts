import type { PluginContext } from "../context/plugin-context.ts";
import type { Agreement } from "../contract/coordination.ts";
import type { RegisteredEndpoint } from "../endpoints/registered-endpoint.ts";
import { MOVE_REASON_PREFIX } from "../marker-groups/close-reasons.ts";
import { NEGOTIATED_GROUP } from "../marker-groups/marker.ts";
import { callWithin } from "../service/call-within.ts";
import { classifyFailure } from "../service/failure.ts";
import { systemClock } from "./clock.ts";
import { isAgreementOn } from "./decision.ts";
import {
  afterFailedSweep,
  afterSweep,
  newSweep,
  type SweepPace,
  type SweepState,
} from "./sweep-plan.ts";

/** What the sweep needs to know of the agreement. */
interface AgreementView {
  readonly agreement: Agreement | undefined;
  readonly isLeader: boolean;
}

/**
 * Closes whoever is connected to another endpoint than the active one, by the leader only: again and
 * again until nobody has come for longer than a slow server could have sent somebody there, and then
 * at a leisurely pace, because a token stays good for an hour and an old session may be continued.
 */
export class StragglerSweep {
  readonly #context: PluginContext;
  readonly #coordinator: AgreementView;
  readonly #states = new Map<RegisteredEndpoint, SweepState>();
  readonly #closing = new AbortController();
  #timer: { cancel(): void } | undefined;
  #running: Promise<void> = Promise.resolve();

  constructor(context: PluginContext, coordinator: AgreementView) {
    this.#context = context;
    this.#coordinator = coordinator;
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

  #scheduleNext(inMs = this.#pace.pollIntervalInMs): void {
    if (this.#closing.signal.aborted) return;
    this.#timer?.cancel();
    this.#timer = systemClock.callIn(inMs, () => {
      this.#running = this.#running.then(() => this.#sweepAll());
      this.#scheduleNext();
    });
  }

  async #sweepAll(): Promise<void> {
    const { monitor, registry } = this.#context;
    const { agreement, isLeader } = this.#coordinator;
    if (agreement === undefined || !isLeader) {
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
    const now = systemClock.now();
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
    const { events, monitor } = this.#context;
    const startedAt = performance.now();
    try {
      const isOccupied = await this.#closeClients(endpoint, agreement, state);
      monitor.reportSuccess(endpoint, startedAt);
      this.#states.set(endpoint, afterSweep(state, isOccupied, systemClock.now(), this.#pace));
      if (isOccupied) {
        events.emit("stragglersClosed", { endpoint: endpoint.name, epoch: agreement.epoch });
      }
    } catch (error) {
      if (this.#closing.signal.aborted) return;
      this.#states.set(endpoint, afterFailedSweep(state, systemClock.now(), this.#pace));
      void monitor.reportFailure(endpoint, classifyFailure(error), startedAt);
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
      endpoint.client.groupExists(NEGOTIATED_GROUP, { abortSignal }),
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

  #call<T>(operation: Parameters<typeof callWithin<T>>[2]): Promise<T> {
    const { timeoutInMs } = this.#context.configuration.health;
    return callWithin(timeoutInMs, this.#closing.signal, operation);
  }

  get #pace(): SweepPace {
    return this.#context.configuration.coordination;
  }
}

/** Whether nobody should be there. */
function isInactive(
  { name, joining, endpoint }: RegisteredEndpoint,
  agreement: Agreement,
): boolean {
  return !joining && !isAgreementOn(agreement, { name, url: endpoint.config.url });
}
