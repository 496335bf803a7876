import type { FanOutReport } from "express-resilient-pubsub";
import type {
  ClientMove,
  Environment,
  SimulatedClients,
} from "../../demo-app/contract/environment.ts";
import type {
  ClientView,
  DeliveriesView,
  DemoEvent,
  EndpointView,
  EnvironmentView,
  Failback,
  FaultName,
  Topology,
} from "../../demo-app/contract/live.ts";
import { ObservableLog } from "../../demo-app/kit/observable-log.ts";
import { deliveriesWith } from "./delivery-views.ts";

type Order = Parameters<Environment["operate"]>[1];
interface Member {
  readonly id: number;
  readonly homeRegion: string;
  endpoint: string | null;
}

const REGIONS = ["eastus", "westus"];
export const DETECTION_IN_MS = 300;
export const ARRIVAL_IN_MS = 400;
export const RECOVERY_IN_MS = 500;

/**
 * An environment in memory in which everything happens as it should, in the time of jest's fake timers.
 * Tests take methods and switches away from it to make bad days.
 */
export class ScriptedEnvironment implements Environment {
  readonly events = new ObservableLog<DemoEvent>();
  readonly clients: ScriptedClients;
  readonly orders: string[] = [];
  mode: EnvironmentView["mode"] = "emulated";
  topology: Topology = "client-server";
  failback: Failback = "natural";
  broadcastEveryInMs = 0;
  readonly stopped = new Set<string>();
  readonly faults = new Map<string, FaultName>();
  readonly drained = new Set<string>();
  /** Endpoints that app servers take for unhealthy. */
  readonly down = new Set<string>();
  /** App servers notice what happens to endpoints. */
  notices = true;
  /** Where what is said on an endpoint lands. */
  upstream: (endpoint: string) => string[] = (endpoint) => [endpoint];

  #pendingTimers = 0;

  constructor(clients = 8) {
    this.clients = new ScriptedClients(this, clients);
  }

  get view(): EnvironmentView {
    return {
      mode: this.mode,
      topology: this.topology,
      failback: this.failback,
      endpoints: REGIONS.map((name) => this.#endpoint(name)),
      servers: REGIONS.map((region) => ({
        region,
        url: "http://127.0.0.1:1",
        isRunning: !this.stopped.has(region),
        answers: this.answerIn(region),
        links: REGIONS.map((endpoint) => ({
          endpoint,
          role: endpoint === region ? ("primary" as const) : ("secondary" as const),
          health: this.down.has(endpoint) ? ("unhealthy" as const) : ("healthy" as const),
          reason: this.down.has(endpoint) ? "refused" : null,
        })),
      })),
      clientCounts: { wanted: this.clients.wanted, connected: this.clients.views.length },
      broadcastEveryInMs: this.broadcastEveryInMs,
      isComparing: false,
      agreement: null,
    };
  }

  answerIn(region: string): string | null {
    return [region, ...REGIONS].find((name) => !this.down.has(name)) ?? null;
  }

  record(kind: string, server: string | null, endpoint: string | null, text = kind): void {
    const id = this.events.entries.length + 1;
    this.events.add({ id, at: Date.now(), kind, tone: "neutral", server, endpoint, text });
  }

  async setFault(endpoint: string, fault: FaultName | null): Promise<void> {
    this.orders.push(`${endpoint}: ${fault}`);
    if (fault === null) this.#heal(endpoint);
    else this.#break(endpoint, fault);
  }

  #break(endpoint: string, fault: FaultName): void {
    this.faults.set(endpoint, fault);
    this.record("fault", null, endpoint);
    this.lose(endpoint);
  }

  /** Timers of its own that are still to come. */
  get pendingTimers(): number {
    return this.#pendingTimers;
  }

  #later(act: () => void, delayInMs: number): void {
    this.#pendingTimers += 1;
    setTimeout(() => {
      this.#pendingTimers -= 1;
      act();
    }, delayInMs);
  }

  /** As if it had been broken by an operator, without a fault of the environment. */
  lose(endpoint: string): void {
    this.clients.drop(endpoint);
    if (!this.notices) return;
    this.#later(() => this.#setDown(endpoint, true), DETECTION_IN_MS);
    this.#later(() => this.clients.settle(), ARRIVAL_IN_MS);
  }

  #heal(endpoint: string): void {
    this.faults.delete(endpoint);
    this.record("healed", null, endpoint);
    if (this.notices) this.#later(() => this.#setDown(endpoint, false), RECOVERY_IN_MS);
  }

  recover(endpoint: string): void {
    this.#setDown(endpoint, false);
  }

  #setDown(endpoint: string, isDown: boolean): void {
    if (isDown) this.down.add(endpoint);
    else this.down.delete(endpoint);
    for (const region of REGIONS) {
      this.record(isDown ? "endpointDown" : "endpointUp", region, endpoint);
    }
  }

  #endpoint(name: string): EndpointView {
    const fault = this.faults.get(name) ?? null;
    return { name, fault, isDrained: this.drained.has(name), isForced: false };
  }

  async operate(endpoint: string, order: Order): Promise<void> {
    this.orders.push(`${endpoint}: ${order}`);
    if (order === "drain") this.drained.add(endpoint);
    if (order === "undrain") this.drained.delete(endpoint);
  }

  async stopServer(region: string): Promise<void> {
    this.stopped.add(region);
  }

  async startServer(region: string): Promise<void> {
    this.orders.push(`start ${region}`);
    this.stopped.delete(region);
  }

  async setTopology(topology: Topology): Promise<void> {
    this.orders.push(topology);
    this.topology = topology;
  }

  async setFailback(failback: Failback): Promise<void> {
    this.orders.push(failback);
    this.failback = failback;
    if (failback === "paced") this.#later(() => this.clients.closeDisplaced(), RECOVERY_IN_MS);
  }

  setBroadcasts(everyInMs: number): void {
    this.broadcastEveryInMs = everyInMs;
  }

  async broadcast(_region: string, text: string): Promise<FanOutReport> {
    this.clients.hear(text);
    const delivered = REGIONS.filter((name) => !this.down.has(name));
    const skipped = [...this.down].map((endpoint) => ({ endpoint, reason: "refused" as const }));
    return { delivered, failed: [], skipped, outcomes: [] };
  }

  async negotiate(homeRegion: string): Promise<{ endpoint: string; url: string }> {
    const endpoint = this.answerIn(homeRegion);
    if (!endpoint) throw new Error("503");
    return { endpoint, url: "ws://127.0.0.1:1" };
  }

  async close(): Promise<void> {}
}

class ScriptedClients implements SimulatedClients {
  readonly moves = new ObservableLog<ClientMove>();
  wanted: number;
  deliveries: DeliveriesView = deliveriesWith();
  /** Clients that hear nothing. */
  readonly deaf = new Set<number>();
  readonly #environment: ScriptedEnvironment;
  readonly #heard = new Map<string, { id: number; at: number }[]>();
  readonly #droppedAt = new Map<number, number>();
  #registry: Member[] = [];
  #lastId = 0;

  constructor(environment: ScriptedEnvironment, size: number) {
    this.#environment = environment;
    this.wanted = size;
    this.#registry = Array.from({ length: size }, () => this.#join());
  }

  get views(): readonly ClientView[] {
    return this.#registry.map((member) => ({
      ...member,
      moves: 0,
      downtimeInMs: null,
      messages: 0,
    }));
  }

  async resize(size: number): Promise<void> {
    this.#environment.orders.push(`${size} clients`);
    this.wanted = size;
    this.#registry = this.#registry.slice(0, size);
    while (this.#registry.length < size) this.#registry.push(this.#join());
  }

  drop(endpoint: string): void {
    for (const member of this.#registry) {
      if (member.endpoint !== endpoint) continue;
      member.endpoint = null;
      this.#droppedAt.set(member.id, Date.now());
    }
  }

  /** Everybody without a connection connects where negotiate sends them. */
  settle(): void {
    for (const member of this.#registry) {
      const to = this.#environment.answerIn(member.homeRegion);
      if (member.endpoint === null && to) this.#move(member, member.homeRegion, to);
    }
  }

  closeDisplaced(): void {
    for (const member of this.#registry) {
      const { endpoint, homeRegion } = member;
      if (endpoint !== null && endpoint !== homeRegion) this.#move(member, endpoint, homeRegion);
    }
  }

  hear(text: string): void {
    const at = Date.now();
    const recipients = this.#registry.filter((it) => it.endpoint !== null && !this.deaf.has(it.id));
    this.#heard.set(
      text,
      recipients.map(({ id }) => ({ id, at })),
    );
  }

  async recipientsOf(text: string): Promise<readonly { id: number; at: number }[]> {
    return this.#heard.get(text) ?? [];
  }

  async sendChat(id: number, text: string): Promise<void> {
    const endpoint = this.#registry.find((member) => member.id === id)?.endpoint;
    if (!endpoint) throw new Error("It has no connection.");
    for (const server of this.#environment.upstream(endpoint)) {
      this.#environment.record("clientEvent", server, endpoint, `somebody said "${text}"`);
    }
    this.hear(text);
  }

  #join(): Member {
    this.#lastId += 1;
    const homeRegion = REGIONS[this.#lastId % REGIONS.length] ?? "";
    return { id: this.#lastId, homeRegion, endpoint: this.#environment.answerIn(homeRegion) };
  }

  #move(member: Member, from: string, to: string): void {
    const at = Date.now();
    const downtimeInMs = at - (this.#droppedAt.get(member.id) ?? at);
    this.#droppedAt.delete(member.id);
    member.endpoint = to;
    this.moves.add({ id: member.id, from, to, downtimeInMs, at });
  }
}
