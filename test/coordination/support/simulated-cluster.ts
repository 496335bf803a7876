import type { Agreement, Observation, SeenState } from "../../../src/contract/coordination.ts";
import { Coordinator } from "../../../src/coordination/coordinator.ts";
import { type EndpointIdentity, seenIn } from "../../../src/coordination/observation.ts";
import { randomFrom } from "./random.ts";
import { ENDPOINTS, type Fault, type Scenario, type ServerPlan } from "./scenario.ts";
import {
  type CallFate,
  SimulatedStore,
  type StoreCall,
  type StoreDefects,
  type StoreListener,
} from "./simulated-store.ts";
import { clockOn, Timeline } from "./virtual-clock.ts";

export const HOLD_DOWN_IN_MS = 5000;

type ActiveStoreFault = Extract<Fault, { kind: "store" }>;

/** One process from its start to its end; the next one of the same server has another id. */
export class Process {
  readonly id: string;
  readonly host: Host;
  readonly startedAt: number;
  endedAt: number | undefined;
  /** Somebody has decided that it ends. */
  isEnding = false;
  isClosing = false;
  /** Orders of an operator under way: they call the store besides the polls. */
  orders = 0;
  readonly coordinator: Coordinator;
  /** What it has seen of each endpoint, and since when. */
  readonly seenStates: { readonly since: number; readonly state: SeenState }[][];
  readonly #world: SimulatedCluster;

  constructor(world: SimulatedCluster, host: Host) {
    const { scenario, timeline, store, observer } = world;
    this.id = `s${host.index}.${host.starts}`;
    this.host = host;
    this.startedAt = timeline.now;
    this.#world = world;
    this.seenStates = ENDPOINTS.map(() => [{ since: this.startedAt, state: "unknown" }]);
    const deliver = (run: () => void): void => this.deliver(run);
    const fateOf = (call: StoreCall, text?: string): CallFate =>
      world.fateOf(host.index, call, text);
    this.coordinator = new Coordinator({
      store: store.reachedBy({ fateOf, deliver }, observer.listenerFor(this)),
      hub: "chat",
      self: this.id,
      settings: { ...scenario, holdDownInMs: HOLD_DOWN_IN_MS },
      clock: clockOn(timeline, host.plan.clock, deliver),
      random: world.random,
      observe: () => this.observe(),
      listener: {
        agreed: (agreement) => observer.answers(this, agreement),
        lost: () => observer.note(`${this.id} has lost the store`),
        restored: () => observer.note(`${this.id} has the store again`),
        endpointsDiffer: () => {},
        activeDoubted: () =>
          observer.note(`${this.id} is told that others doubt the active endpoint`),
        recordSpoilt: () => observer.note(`${this.id} has found a spoilt record`),
        closeFailed: () => observer.note(`${this.id} could not close the store`),
      },
    });
    observer.started(this);
    this.coordinator.start();
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
    let hasChanged = false;
    for (const [endpoint, seenStates] of this.seenStates.entries()) {
      const state = this.#world.stateOf(this.host.index, endpoint);
      if (seenStates.at(-1)?.state === state) continue;
      hasChanged = true;
      seenStates.push({ since: this.#world.timeline.now, state });
      this.#world.observer.note(`${this.id} sees ${ENDPOINTS[endpoint]} ${state}`);
    }
    if (hasChanged) this.coordinator.pollSoon();
  }

  observe(): Observation {
    const { primary } = this.host.plan;
    const order = [primary, ...ENDPOINTS.keys()].filter((one, at, all) => all.indexOf(one) === at);
    return order.flatMap((endpoint) => {
      const identity = identityFor(this.host.plan, endpoint);
      const state = this.seenStates[endpoint]?.at(-1)?.state ?? "unknown";
      const role = endpoint === primary ? "primary" : "secondary";
      return identity ? [{ ...identity, role, state } as const] : [];
    });
  }

  end(): void {
    this.endedAt ??= this.#world.timeline.now;
  }

  async close(): Promise<void> {
    this.isClosing = true;
    const askedAt = this.#world.timeline.now;
    await this.coordinator.close();
    this.#world.observer.closed(this, askedAt);
    this.end();
  }

  async switchTo(endpoint: number): Promise<void> {
    const to = identityFor(this.host.plan, endpoint);
    if (!to || this.isClosing || seenIn(this.observe(), to)?.state !== "healthy") return;
    this.orders += 1;
    try {
      await this.coordinator.switchTo(to, (peers) => {
        const isKnown = [...peers.values()].every((observation) => seenIn(observation, to));
        if (!isKnown) throw new Error("not known to all");
      });
    } catch {
      // An operator who is told so tries again, or not.
    }
    this.orders -= 1;
  }
}

export function identityFor(plan: ServerPlan, endpoint: number): EndpointIdentity | undefined {
  const name = ENDPOINTS[endpoint] as string;
  if (plan.ignorance?.endpoint !== endpoint) return { name, url: `https://${name}` };
  return plan.ignorance.isOtherUrl ? { name, url: `https://other-${name}` } : undefined;
}

/** Who is told of what happens in the simulation. */
export interface SimulationObserver {
  note(line: string): void;
  started(process: Process): void;
  closed(process: Process, askedAt: number): void;
  answers(process: Process, agreement: Agreement): void;
  listenerFor(process: Process): StoreListener;
}

/** Where one process runs after another. */
interface Host {
  readonly index: number;
  readonly plan: ServerPlan;
  starts: number;
  stoppedUntil: number;
  process: Process | undefined;
  readonly partitions: number[];
  readonly drains: number[];
}

export class SimulatedCluster {
  readonly scenario: Scenario;
  readonly timeline = new Timeline();
  readonly store: SimulatedStore;
  readonly observer: SimulationObserver;
  readonly random: () => number;
  readonly hosts: readonly Host[];
  readonly #outages = ENDPOINTS.map(() => 0);
  readonly #storeFaults: ActiveStoreFault[] = [];
  /** Moves of the agreement that will arrive late. */
  readonly #delaysOfMoves: number[] = [];
  isQuiet = false;

  constructor(scenario: Scenario, observer: SimulationObserver, defects: StoreDefects | undefined) {
    this.scenario = scenario;
    this.store = new SimulatedStore(this.timeline, defects);
    this.observer = observer;
    this.random = randomFrom(scenario.seed);
    this.hosts = scenario.servers.map((plan, index) => ({
      index,
      plan,
      starts: 0,
      stoppedUntil: 0,
      process: undefined,
      partitions: ENDPOINTS.map(() => 0),
      drains: ENDPOINTS.map(() => 0),
    }));
    for (const host of this.hosts) {
      this.timeline.in(host.plan.startsAt, () => this.#startProcess(host));
    }
    for (const fault of scenario.faults) this.timeline.in(fault.at, () => this.#apply(fault));
  }

  get running(): Process[] {
    return this.hosts.flatMap(({ process }) =>
      process && process.endedAt === undefined ? [process] : [],
    );
  }

  stateOf(server: number, endpoint: number): SeenState {
    const host = this.hosts[server] as Host;
    if (this.#outages[endpoint] || host.partitions[endpoint]) return "unhealthy";
    return host.drains[endpoint] ? "drained" : "healthy";
  }

  fateOf(server: number, call: StoreCall, text: string | undefined): CallFate {
    const { delayInMs, loss } = this.scenario.network;
    const takes = (): number => 0.1 + this.random() * delayInMs;
    const isLost = (): boolean => !this.isQuiet && this.random() < loss;
    const usual: CallFate = {
      arrivesInMs: isLost() ? undefined : takes(),
      answersInMs: isLost() ? undefined : takes(),
      isError: false,
    };
    const { now } = this.timeline;
    const isMove =
      call === "replaceRecord" && text?.includes('"active-unhealthy"') && this.#isNew(text);
    const delay = isMove ? this.#delaysOfMoves.shift() : undefined;
    if (delay !== undefined) {
      this.observer.note(`a move written by s${server} is delayed by ${delay} ms`);
      return { ...usual, arrivesInMs: delay };
    }
    const fault = this.#storeFaults.find(({ at, forMs, servers }) => {
      return now >= at && now < at + forMs && (servers >> server) % 2 === 1;
    });
    if (!fault) return usual;
    const muchLater = takes() + this.random() * fault.forMs;
    const fates: Record<ActiveStoreFault["how"], CallFate> = {
      refuses: { arrivesInMs: undefined, answersInMs: takes(), isError: true },
      "loses-requests": { arrivesInMs: undefined, answersInMs: undefined, isError: false },
      "loses-answers": { ...usual, answersInMs: undefined },
      "fails-when-done": { ...usual, isError: true },
      "delays-requests": { ...usual, arrivesInMs: muchLater },
      "delays-answers": { ...usual, answersInMs: muchLater },
    };
    return fates[fault.how];
  }

  #isNew(text: string): boolean {
    const { epoch } = JSON.parse(text).agreement;
    const known = this.store.record ? JSON.parse(this.store.record.text).agreement.epoch : 0;
    return epoch > known;
  }

  #startProcess(host: Host): void {
    host.starts += 1;
    host.stoppedUntil = 0;
    host.process = new Process(this, host);
  }

  /** Each server finds out in its own time. */
  #changed(isSeenBy: (server: number) => boolean): void {
    for (const host of this.hosts.filter(({ index }) => isSeenBy(index))) {
      this.timeline.in(host.plan.detectionInMs, () => {
        const { process } = host;
        process?.deliver(() => process.checkHealth());
      });
    }
  }

  #apply(fault: Fault): void {
    const { timeline } = this;
    const size = this.hosts.length;
    const end = (run: () => void): void => void timeline.in(fault.forMs, run);
    const host = "server" in fault ? (this.hosts[fault.server % size] as Host) : undefined;
    const process = host?.process?.endedAt === undefined ? host?.process : undefined;
    this.observer.note(`${JSON.stringify(fault)}`);
    switch (fault.kind) {
      case "pause":
        if (host) host.stoppedUntil = Math.max(host.stoppedUntil, timeline.now + fault.forMs);
        break;
      case "crash":
      case "close":
        if (!host || !process || process.isEnding) break;
        process.isEnding = true;
        if (fault.kind === "crash") process.end();
        else process.deliver(() => void process.close());
        end(() => {
          process.end();
          this.#startProcess(host);
        });
        break;
      case "store":
        this.#storeFaults.push(fault);
        break;
      case "delayed-move":
        this.#delaysOfMoves.push(fault.forMs);
        // Only for so long: what happens when all is quiet should be quiet.
        end(() => this.#delaysOfMoves.splice(0));
        break;
      case "endpoint": {
        const { endpoint } = fault;
        this.#outages[endpoint] = (this.#outages[endpoint] ?? 0) + 1;
        this.#changed(() => true);
        end(() => {
          this.#outages[endpoint] = (this.#outages[endpoint] ?? 0) - 1;
          this.#changed(() => true);
        });
        break;
      }
      case "partition": {
        const { endpoint } = fault;
        const isCut = (server: number): boolean => (fault.servers >> server) % 2 === 1;
        const count = (by: number): void => {
          for (const { index, partitions } of this.hosts) {
            if (isCut(index)) partitions[endpoint] = (partitions[endpoint] ?? 0) + by;
          }
          this.#changed(isCut);
        };
        count(1);
        end(() => count(-1));
        break;
      }
      case "drain": {
        const count = (by: number): void => {
          if (host) host.drains[fault.endpoint] = (host.drains[fault.endpoint] ?? 0) + by;
          this.#changed((server) => server === host?.index);
        };
        count(1);
        end(() => count(-1));
        break;
      }
      case "switch":
        process?.deliver(() => void process.switchTo(fault.endpoint));
    }
  }
}

/** When the last fault of a scenario is over, and all have seen it. */
export function quietFrom({ faults, servers, leaseInMs }: Scenario): number {
  const ends = faults.map(({ at, forMs, kind }) => {
    // What is sent at the end of such a time may arrive as much later.
    return at + (kind === "store" || kind === "delayed-move" ? 2 * forMs : forMs);
  });
  const starts = servers.map(({ startsAt }) => startsAt);
  const detections = servers.map(({ detectionInMs }) => detectionInMs);
  return Math.max(...ends, ...starts) + Math.max(...detections) + leaseInMs;
}
