import { randomFrom } from "./random.ts";
import { type Fault, isAmong, type Scenario } from "./scenario.ts";
import { SimulatedClient } from "./simulated-client.ts";
import { SimulatedEndpoints } from "./simulated-endpoints.ts";
import {
  type Host,
  Process,
  type ProcessObserver,
  type ProcessWorld,
} from "./simulated-process.ts";
import {
  type CallFate,
  SimulatedStore,
  type StoreCall,
  type StoreDefects,
} from "./simulated-store.ts";
import { Timeline } from "./virtual-clock.ts";

type ActiveStoreFault = Extract<Fault, { kind: "store" }>;

/** Told also when something begins or ends. */
export interface ClusterObserver extends ProcessObserver {
  disturbed(): void;
}

/** Servers, clients, endpoints and a store, and all that happens to them. */
export class SimulatedCluster implements ProcessWorld {
  readonly scenario: Scenario;
  readonly timeline = new Timeline();
  readonly store: SimulatedStore;
  readonly endpoints: SimulatedEndpoints;
  readonly observer: ClusterObserver;
  readonly random: () => number;
  readonly hosts: readonly Host[];
  readonly clients: readonly SimulatedClient[];
  readonly #storeFaults: ActiveStoreFault[] = [];
  /** Moves of the agreement that will arrive late. */
  readonly #delaysOfMoves: number[] = [];
  isQuiet = false;

  constructor(scenario: Scenario, observer: ClusterObserver, defects: StoreDefects | undefined) {
    const { timeline } = this;
    this.scenario = scenario;
    this.store = new SimulatedStore(timeline, 2 * scenario.pollIntervalInMs, defects);
    this.endpoints = new SimulatedEndpoints(scenario.servers.length);
    this.observer = observer;
    this.random = randomFrom(scenario.seed);
    this.hosts = scenario.servers.map((plan, index) => ({
      index,
      plan,
      starts: 0,
      stoppedUntil: 0,
      process: undefined,
    }));
    this.clients = Array.from({ length: scenario.clients }, (_, index) => this.#client(index));
    for (const host of this.hosts) timeline.in(host.plan.startsAt, () => this.#startProcess(host));
    for (const client of this.clients) client.start();
    for (const fault of scenario.faults) this.#plan(fault);
  }

  get running(): Process[] {
    return this.hosts.flatMap(({ process }) =>
      process && process.endedAt === undefined ? [process] : [],
    );
  }

  /** Whether this server reaches the store as it should. */
  reachesStore(server: number): boolean {
    const { now } = this.timeline;
    const isFaulty = this.#storeFaults.some(
      (fault) => isAmong(fault, server) && now >= fault.at && now < fault.at + 2 * fault.forMs,
    );
    return !isFaulty && !this.store.isPaused && this.store.sideOf(server) === this.store.main;
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
      call === "replaceRecord" && text?.includes('"active-unhealthy"') && this.#isNew(server, text);
    const delay = isMove ? this.#delaysOfMoves.shift() : undefined;
    if (delay !== undefined) {
      this.observer.note(`a move written by s${server} is delayed by ${delay} ms`);
      return { ...usual, arrivesInMs: delay };
    }
    const fault = this.#storeFaults.find(
      (one) => isAmong(one, server) && now >= one.at && now < one.at + one.forMs,
    );
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

  #isNew(server: number, text: string): boolean {
    const { record } = this.store.sideOf(server);
    const known = record ? JSON.parse(record.text).agreement.epoch : 0;
    return JSON.parse(text).agreement.epoch > known;
  }

  #client(index: number): SimulatedClient {
    const { endpoints, observer, random, scenario, timeline } = this;
    const cluster = this;
    return new SimulatedClient(index, {
      timeline,
      endpoints,
      random,
      delayInMs: scenario.network.delayInMs,
      note: (line) => observer.note(line),
      get servers() {
        return cluster.running.filter(({ isEnding }) => !isEnding);
      },
    });
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

  #plan(fault: Fault): void {
    const { observer, store, timeline } = this;
    const planned = (end: (() => void) | undefined): void => {
      observer.disturbed();
      if (!("forMs" in fault)) return;
      timeline.in(fault.forMs, () => {
        end?.();
        observer.disturbed();
      });
    };
    if (fault.kind !== "failover" && fault.kind !== "split") {
      timeline.in(fault.at, () => {
        observer.note(JSON.stringify(fault));
        planned(this.#apply(fault));
      });
      return;
    }
    timeline.in(fault.at - fault.lagInMs, () => {
      const { content } = store.main;
      timeline.in(Math.min(fault.at, fault.lagInMs), () => {
        observer.note(JSON.stringify(fault));
        if (fault.kind === "split") planned(store.split(content, (one) => isAmong(fault, one)));
        else {
          store.main.turnBack(content, timeline.now);
          planned(undefined);
        }
      });
    });
  }

  /** @returns How to end it. */
  #apply(fault: Exclude<Fault, { kind: "failover" | "split" }>): (() => void) | undefined {
    switch (fault.kind) {
      case "store":
        this.#storeFaults.push(fault);
        return;
      case "store-pause":
        this.store.pause(fault.forMs);
        return;
      case "loss":
        this.#lose(fault.what);
        return;
      case "delayed-move":
        this.#delaysOfMoves.push(fault.forMs);
        // Only for so long: what happens when all is quiet should be quiet.
        return () => this.#delaysOfMoves.splice(0);
      case "endpoint":
        return this.#apartFrom(
          () => true,
          () => this.endpoints.breakDown(fault.endpoint, fault.keepsClients),
        );
      case "partition":
      case "flap":
      case "calls":
        return this.#disturbLinks(fault);
      default:
        return this.#disturbServer(fault, this.hosts[fault.server % this.hosts.length] as Host);
    }
  }

  #lose(what: "observations" | "everything"): void {
    const { main } = this.store;
    if (what === "observations") main.observations.clear();
    else main.turnBack({ record: undefined, observations: new Map() }, this.timeline.now);
  }

  #disturbServer(fault: Extract<Fault, { server: number }>, host: Host): (() => void) | undefined {
    const process = host.process?.endedAt === undefined ? host.process : undefined;
    switch (fault.kind) {
      case "pause":
        host.stoppedUntil = Math.max(host.stoppedUntil, this.timeline.now + fault.forMs);
        return;
      case "crash":
      case "close":
        if (!process || process.isEnding) return;
        process.isEnding = true;
        if (fault.kind === "crash") process.end();
        else process.deliver(() => void process.close());
        return () => {
          process.end();
          this.#startProcess(host);
        };
      case "drain":
        return this.#apartFrom(
          (server) => server === host.index,
          () => {
            const link = this.endpoints.link(host.index, fault.endpoint);
            link.drains += 1;
            return () => {
              link.drains -= 1;
            };
          },
        );
      case "switch":
        process?.deliver(() => void process.switchTo(fault.endpoint));
        return;
    }
  }

  #disturbLinks(fault: Extract<Fault, { kind: "partition" | "flap" | "calls" }>): () => void {
    const isConcerned = (server: number): boolean => isAmong(fault, server);
    const links = this.hosts
      .filter(({ index }) => isConcerned(index))
      .map(({ index }) => this.endpoints.link(index, fault.endpoint));
    if (fault.kind === "calls") {
      for (const { callFaults } of links) callFaults.push(fault.how);
      return () => {
        for (const { callFaults } of links) callFaults.splice(callFaults.indexOf(fault.how), 1);
      };
    }
    const what = fault.kind === "partition" ? "cuts" : "flaps";
    const count = (by: number): void => {
      for (const link of links) link[what] += by;
    };
    return this.#apartFrom(isConcerned, () => {
      count(1);
      return () => count(-1);
    });
  }

  /** Begins something that these servers find out in their own time, and its end too. */
  #apartFrom(isSeenBy: (server: number) => boolean, begin: () => () => void): () => void {
    const end = begin();
    this.#changed(isSeenBy);
    return () => {
      end();
      this.#changed(isSeenBy);
    };
  }
}
