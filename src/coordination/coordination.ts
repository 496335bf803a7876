import { randomUUID } from "node:crypto";
import type { AgreedChoice, PluginContext } from "../context/plugin-context.ts";
import type {
  Agreement,
  CoordinationControl,
  CoordinationStatus,
  Observation,
} from "../contract/coordination.ts";
import type { RegisteredEndpoint } from "../endpoints/registered-endpoint.ts";
import { systemClock } from "../kit/clock.ts";
import { ResilientPubSubError } from "../kit/errors.ts";
import { canonicalHub } from "../kit/hub-name.ts";
import { pause } from "../kit/pause.ts";
import { safeText } from "../kit/safe-text.ts";
import { Coordinator, type CoordinatorListener } from "./coordinator.ts";
import { isAgreementOn } from "./decision.ts";
import { observe, seenIn } from "./observation.ts";
import { StragglerSweep } from "./straggler-sweep.ts";
import { sweepTargets } from "./sweep-targets.ts";

/** Whatever may change what this server tells its peers. */
const STATE_EVENTS = [
  "endpointUp",
  "endpointDown",
  "endpointDrained",
  "endpointUndrained",
  "endpointAdded",
  "endpointLeaving",
] as const;

/** Connects the agreement with the rest of one plugin. */
export class Coordination implements AgreedChoice {
  readonly control: CoordinationControl;
  readonly #context: PluginContext;
  readonly #coordinator: Coordinator;
  readonly #sweep: StragglerSweep;
  readonly #self = randomUUID();
  readonly #pollSoon = (): void => this.#coordinator.pollSoon();
  readonly #sweepSoon = (): void => this.#sweep.sweepSoon();
  readonly #closing = new AbortController();
  #change = nextChange();

  constructor(context: PluginContext) {
    const { coordination, failback, hub } = context.configuration;
    this.#context = context;
    this.#coordinator = new Coordinator({
      store: coordination.store,
      hub: canonicalHub(hub),
      self: this.#self,
      settings: { ...coordination, holdDownInMs: failback.holdDownInMs },
      clock: systemClock,
      random: context.random,
      observe: () => this.#observe(),
      listener: this.#listener(),
    });
    this.#sweep = new StragglerSweep({
      agreement: this.#coordinator,
      targets: () => sweepTargets(context, this.#closing.signal),
      pace: coordination,
      clock: systemClock,
      random: context.random,
      listener: {
        stragglersClosed: (endpoint, epoch) =>
          context.events.emit("stragglersClosed", { endpoint, epoch }),
        stragglersFailed: (endpoint, error) =>
          context.events.emit("stragglersFailed", { endpoint, error }),
      },
    });
    this.control = {
      status: () => this.#status(),
      switchTo: async (name) => this.#switchTo(name),
    };
  }

  start(): void {
    for (const name of STATE_EVENTS) this.#context.events.onInternally(name, this.#pollSoon);
    // It may have kept its clients, who are cut off from all others.
    this.#context.events.onInternally("endpointUp", this.#sweepSoon);
    this.#coordinator.start();
    this.#sweep.start();
  }

  /**
   * Resolves when the store has answered and, unless no endpoint is healthy, there is an agreement.
   *
   * @throws ResilientPubSubError `ERR_STORE_REFUSED`, `ERR_STORE_UNAVAILABLE`, `ERR_STORE_UNREADABLE`;
   *   `ERR_ENDPOINTS_DIFFER` when the active endpoint is none of this server's, and others know it
   */
  async ready(): Promise<void> {
    await this.#coordinator.poll();
    // Another server may have written the first agreement, or the next, a moment before.
    if (!this.active) await this.#coordinator.poll();
    await this.#moveFromUnknown();
    const { agreement } = this;
    if (agreement === undefined || this.active) return;
    const active = safeText(`"${agreement.active}" (${agreement.url})`);
    throw new ResilientPubSubError(
      "ERR_ENDPOINTS_DIFFER",
      `The servers have agreed on the endpoint ${active}, which is none of this server's; give all servers of one hub the same endpoints, by the same names`,
    );
  }

  /** A leader moves away from an endpoint that nobody knows, once it is sure of that: after a lease. */
  async #moveFromUnknown(): Promise<void> {
    const { leaseInMs, pollIntervalInMs } = this.#context.configuration.coordination;
    const giveUpAt = systemClock.now() + leaseInMs + 4 * pollIntervalInMs;
    const { signal } = this.#closing;
    const isToMove = (): boolean =>
      this.agreement !== undefined && !this.active && this.#coordinator.isLeader;
    while (isToMove() && systemClock.now() < giveUpAt && !signal.aborted) {
      await pause(pollIntervalInMs / 4, signal);
      await this.#coordinator.poll();
    }
  }

  get agreement(): Agreement | undefined {
    return this.#coordinator.agreement;
  }

  /** The endpoint that all clients are sent to; undefined when this server does not know it. */
  get active(): RegisteredEndpoint | undefined {
    const { agreement } = this;
    if (agreement === undefined) return undefined;
    return this.#context.registry
      .all()
      .find(
        ({ name, leaving, endpoint }) =>
          isAgreementOn(agreement, { name, url: endpoint.config.url }) && !leaving,
      );
  }

  get isStoreLost(): boolean {
    const { isLost, answeredAt } = this.#coordinator.reachability;
    return isLost || answeredAt === undefined;
  }

  get servers(): number {
    return this.#coordinator.peers.size + 1;
  }

  /** Resolves when this server answers with another agreement. */
  get changed(): Promise<void> {
    return this.#change.promise;
  }

  /** Never rejects, and takes a few seconds at most, whatever the store does. */
  async close(): Promise<void> {
    this.#closing.abort();
    for (const name of STATE_EVENTS) this.#context.events.off(name, this.#pollSoon);
    this.#context.events.off("endpointUp", this.#sweepSoon);
    await Promise.all([this.#coordinator.close(), this.#sweep.close()]);
  }

  #listener(): CoordinatorListener {
    const { events } = this.#context;
    return {
      agreed: ({ epoch, active, reason }, previous) => {
        const change = this.#change;
        this.#change = nextChange();
        change.announce();
        events.emit("agreementChanged", { epoch, active, previous: previous?.active, reason });
        this.#sweep.sweepSoon();
      },
      lost: (error) => events.emit("coordinationLost", { error }),
      restored: (afterInMs) => events.emit("coordinationRestored", { afterInMs }),
      recordSpoilt: (error) => events.emit("recordSpoilt", { error }),
      closeFailed: (error) => events.emit("closeFailed", { part: "store", error }),
      activeDoubted: () => {
        if (this.active) this.#context.monitor.examine(this.active);
      },
      endpointsDiffer: (differences) => {
        for (const difference of differences) events.emit("endpointsDiffer", difference);
      },
    };
  }

  #observe(): Observation {
    return observe(this.#context.registry.all().filter(({ leaving }) => !leaving));
  }

  #status(): CoordinationStatus {
    const { isLeader, leader, peers, reachability } = this.#coordinator;
    const { error, answeredAt } = reachability;
    const { description } = this.#context.configuration.coordination.store;
    return {
      agreement: this.agreement,
      server: this.#self,
      leader,
      isLeader,
      peers: [...peers].map(([server, endpoints]) => ({ server, endpoints })),
      store: {
        description,
        isReachable: !this.isStoreLost,
        error,
        answeredAt,
      },
    };
  }

  async #switchTo(name: string): Promise<Agreement> {
    const wanted = this.#context.registry.get(name);
    if (!wanted.isUsable) {
      const message = `Endpoint "${name}" is ${wanted.reason} for this server; switch to one that is healthy and not drained`;
      throw new ResilientPubSubError("ERR_UNHEALTHY_ENDPOINT", message);
    }
    const to = { name, url: wanted.endpoint.config.url };
    return this.#coordinator.switchTo(to, (peers) => {
      const unaware = [...peers].filter(([, observation]) => !seenIn(observation, to));
      if (unaware.length === 0) return;
      const servers = unaware.map(([server]) => server).join(", ");
      const message = `Endpoint "${name}" (${to.url}) is not known to all servers (not to ${servers}); add it to all of them first`;
      throw new ResilientPubSubError("ERR_ENDPOINTS_DIFFER", message);
    });
  }
}

/** What the control says where nothing is agreed. */
export const withoutCoordination: CoordinationControl = {
  status: () => {
    throw wrongTopology();
  },
  switchTo: async () => {
    throw wrongTopology();
  },
};

function wrongTopology(): ResilientPubSubError {
  const message = 'Servers agree on an endpoint only with topology: "client-client"';
  return new ResilientPubSubError("ERR_WRONG_TOPOLOGY", message);
}

function nextChange() {
  let announce = (): void => {};
  const promise = new Promise<void>((resolve) => {
    announce = resolve;
  });
  return { promise, announce };
}
