import type { Agreement, Observation } from "../../../src/contract/coordination.ts";
import { Coordinator } from "../../../src/coordination/coordinator.ts";
import { type EndpointIdentity, seenIn } from "../../../src/coordination/observation.ts";
import { StragglerSweep, type SweepTarget } from "../../../src/coordination/straggler-sweep.ts";
import type { Clock } from "../../../src/kit/clock.ts";
import { ENDPOINTS, identityFor, type Scenario, type ServerPlan } from "./scenario.ts";
import type { EndpointView, SimulatedEndpoints } from "./simulated-endpoints.ts";
import { type NegotiableEndpoint, type NegotiateAnswer, negotiate } from "./simulated-negotiate.ts";
import type { CallFate, SimulatedStore, StoreCall, StoreListener } from "./simulated-store.ts";
import { clockOn, type Timeline } from "./virtual-clock.ts";

export const HOLD_DOWN_IN_MS = 5000;

/** What a process reaches. */
export interface ProcessWorld {
  readonly scenario: Scenario;
  readonly timeline: Timeline;
  readonly store: SimulatedStore;
  readonly endpoints: SimulatedEndpoints;
  readonly observer: ProcessObserver;
  readonly random: () => number;
  /** No message is lost any more. */
  readonly isQuiet: boolean;
  fateOf(server: number, call: StoreCall, text: string | undefined): CallFate;
}

/** Who is told of what processes do. */
export interface ProcessObserver {
  note(line: string): void;
  started(process: Process): void;
  closed(process: Process, askedAt: number): void;
  answers(process: Process, agreement: Agreement): void;
  /** A client was answered; undefined with a 503. */
  negotiated(process: Process, answer: NegotiateAnswer | undefined): void;
  /** All connections there are being closed, because all should be elsewhere. */
  closing(process: Process, endpoint: number, url: string): void;
  listenerFor(process: Process): StoreListener;
}

/** Where one process runs after another. */
export interface Host {
  readonly index: number;
  readonly plan: ServerPlan;
  starts: number;
  stoppedUntil: number;
  process: Process | undefined;
}

type Sight = EndpointView & { readonly since: number };

type KnownEndpoint = EndpointIdentity & { readonly index: number };

/** Its primary first. */
function knownTo(plan: ServerPlan): KnownEndpoint[] {
  const order = new Set([plan.primary, ...ENDPOINTS.keys()]);
  return [...order].flatMap((index) => {
    const identity = identityFor(plan, index);
    return identity ? [{ index, ...identity }] : [];
  });
}

/** A call of an endpoint counts as failed after that. */
const maxCallInMs = 5000;

/** One process from its start to its end; the next one of the same server has another id. */
export class Process {
  readonly id: string;
  readonly host: Host;
  readonly startedAt: number;
  endedAt: number | undefined;
  /** Somebody has decided that it ends. */
  isEnding = false;
  isClosing = false;
  /** What calls the store besides the polls, and is under way: orders of an operator, sweeps that ask. */
  extras = 0;
  readonly coordinator: Coordinator;
  readonly #sweep: StragglerSweep;
  readonly #clock: Clock;
  /** What it has seen of each endpoint, and since when. */
  readonly sights: readonly Sight[][];
  readonly #world: ProcessWorld;
  readonly #known: readonly KnownEndpoint[];
  /** How to end the calls of endpoints that are under way. */
  readonly #underWay = new Set<() => void>();

  constructor(world: ProcessWorld, host: Host) {
    const { scenario, timeline, store, observer, random } = world;
    this.id = `s${host.index}.${host.starts}`;
    this.host = host;
    this.startedAt = timeline.now;
    this.#world = world;
    this.#known = knownTo(host.plan);
    const { startedAt } = this;
    this.sights = ENDPOINTS.map(() => [{ since: startedAt, state: "unknown", isAnswering: false }]);
    const deliver = (run: () => void): void => this.deliver(run);
    const fateOf = (call: StoreCall, text?: string): CallFate =>
      world.fateOf(host.index, call, text);
    this.#clock = clockOn(timeline, host.plan.clock, deliver);
    const clock = this.#clock;
    this.coordinator = new Coordinator({
      store: store.reachedBy({ server: host.index, fateOf, deliver }, observer.listenerFor(this)),
      hub: "chat",
      self: this.id,
      settings: { ...scenario, holdDownInMs: HOLD_DOWN_IN_MS },
      clock,
      random,
      observe: () => this.observe(),
      listener: {
        agreed: (agreement) => {
          observer.answers(this, agreement);
          this.#sweep.sweepSoon();
        },
        lost: () => observer.note(`${this.id} has lost the store`),
        restored: () => observer.note(`${this.id} has the store again`),
        endpointsDiffer: () => {},
        activeDoubted: () =>
          observer.note(`${this.id} is told that others doubt the active endpoint`),
        recordSpoilt: () => observer.note(`${this.id} has found a spoilt record`),
        closeFailed: () => observer.note(`${this.id} could not close the store`),
      },
    });
    this.#sweep = new StragglerSweep({
      agreement: this.#agreementView(),
      targets: () => this.#sweepTargets(),
      pace: scenario,
      clock,
      random,
      listener: {
        stragglersClosed: (endpoint, epoch) =>
          observer.note(`${this.id} has closed stragglers on ${endpoint}, for epoch ${epoch}`),
        stragglersFailed: (endpoint) =>
          observer.note(`${this.id} could not close stragglers on ${endpoint}`),
      },
    });
    observer.started(this);
    this.coordinator.start();
    this.#sweep.start();
    timeline.in(host.plan.detectionInMs, () => this.deliver(() => this.checkHealth()));
  }

  deliver(run: () => void): void {
    if (this.endedAt !== undefined) return;
    const waitInMs = this.host.stoppedUntil - this.#world.timeline.now;
    if (waitInMs > 0) this.#world.timeline.in(waitInMs, () => this.deliver(run));
    else run();
  }

  /** Its health checks have an answer. */
  checkHealth(): void {
    const { endpoints, observer, timeline } = this.#world;
    let isAnyBack = false;
    let hasChanged = false;
    for (const [endpoint, sights] of this.sights.entries()) {
      const view = endpoints.viewOf(this.host.index, endpoint);
      const last = sights.at(-1);
      if (last?.state === view.state && last.isAnswering === view.isAnswering) continue;
      hasChanged = true;
      isAnyBack ||= view.state === "healthy";
      sights.push({ since: timeline.now, ...view });
      observer.note(
        `${this.id} sees ${ENDPOINTS[endpoint]} ${view.state}${view.isAnswering ? "" : ", without an answer"}`,
      );
    }
    if (hasChanged) this.coordinator.pollSoon();
    if (isAnyBack) this.#sweep.sweepSoon();
  }

  observe(): Observation {
    return this.#endpoints.map(({ index, name, url, state }) => {
      const role = index === this.host.plan.primary ? "primary" : "secondary";
      return { name, url, role, state };
    });
  }

  /** @param failed Endpoints that the client has just failed on. */
  async negotiate(failed: ReadonlySet<number>): Promise<NegotiateAnswer | undefined> {
    const answer = await negotiate(this.#endpoints, this.coordinator.agreement, failed);
    this.#world.observer.negotiated(this, answer);
    return answer;
  }

  end(): void {
    this.endedAt ??= this.#world.timeline.now;
  }

  async close(): Promise<void> {
    this.isClosing = true;
    const askedAt = this.#world.timeline.now;
    for (const end of this.#underWay) end();
    await Promise.all([this.coordinator.close(), this.#sweep.close()]);
    this.#world.observer.closed(this, askedAt);
    this.end();
  }

  async switchTo(endpoint: number): Promise<void> {
    const to = identityFor(this.host.plan, endpoint);
    if (!to || this.isClosing || seenIn(this.observe(), to)?.state !== "healthy") return;
    this.extras += 1;
    try {
      await this.coordinator.switchTo(to, (peers) => {
        const isKnown = [...peers.values()].every((observation) => seenIn(observation, to));
        if (!isKnown) throw new Error("not known to all");
      });
    } catch {
      // An operator who is told so tries again, or not.
    }
    this.extras -= 1;
  }

  /** As it has seen them last. */
  get #endpoints(): NegotiableEndpoint[] {
    return this.#known.flatMap((known) => {
      const sight = this.sights[known.index]?.at(-1);
      return sight ? [{ ...known, state: sight.state, isAnswering: sight.isAnswering }] : [];
    });
  }

  #agreementView() {
    const { coordinator } = this;
    return {
      get agreement() {
        return coordinator.agreement;
      },
      get isLeader() {
        return coordinator.isLeader;
      },
      isCurrent: async (agreement: Agreement) => {
        this.extras += 1;
        try {
          return await coordinator.isCurrent(agreement);
        } finally {
          this.extras -= 1;
        }
      },
    };
  }

  #sweepTargets(): SweepTarget[] {
    const { endpoints, observer, timeline } = this.#world;
    return this.#endpoints.map(({ index, name, url, state, isAnswering }) => ({
      name,
      url,
      unreachable: isAnswering ? undefined : state,
      check: () => {
        timeline.in(this.host.plan.detectionInMs, () => this.deliver(() => this.checkHealth()));
      },
      isOccupied: () => this.#call(index, () => endpoints.isOccupied(url)),
      closeAll: () =>
        this.#call(index, () => {
          observer.closing(this, index, url);
          endpoints.closeAll(url);
        }),
    }));
  }

  /** A call of an endpoint, which arrives within its deadline if it arrives at all. */
  async #call<T>(endpoint: number, effect: () => T): Promise<T> {
    if (this.isClosing) throw new Error("it is closing");
    const world = this.#world;
    const { endpoints, random, scenario, timeline } = world;
    const { delayInMs, loss } = scenario.network;
    const timeoutInMs = Math.min(maxCallInMs, scenario.leaseInMs / 2);
    const { callFaults } = endpoints.link(this.host.index, endpoint);
    const fault = callFaults.at(-1);
    const isLost = (): boolean => !world.isQuiet && random() < loss;
    const takes = (): number => 0.1 + random() * delayInMs;
    return new Promise((resolve, reject) => {
      const fail = (): void => {
        this.#underWay.delete(fail);
        reject(new Error("simulated failure"));
      };
      this.#underWay.add(fail);
      this.#clock.callIn(timeoutInMs, fail);
      if (fault === "loses-requests" || isLost()) return;
      timeline.in(fault === "late" ? random() * timeoutInMs : takes(), () => {
        if (!endpoints.answers(this.host.index, endpoint)) return;
        const result = effect();
        if (fault === "loses-answers" || isLost()) return;
        timeline.in(takes(), () =>
          this.deliver(() => {
            this.#underWay.delete(fail);
            resolve(result);
          }),
        );
      });
    });
  }
}
