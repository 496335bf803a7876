import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import express from "express";
import {
  type FanOutError,
  type FanOutReport,
  type ResilientPubSub,
  type ResilientPubSubOptions,
  resilientPubSub,
} from "express-resilient-pubsub";
import { type Nat, startNat } from "../support/nat.ts";
import { oneOf, type RandomSource } from "../support/random-source.ts";
import { REGIONS, type RegionName, type Scene } from "./plan.ts";
import { POISONS, type Poison, poisonText } from "./poison.ts";
import type { Region } from "./region.ts";

/** Times are monotonic milliseconds. */
export interface Answer {
  readonly sentAt: number;
  readonly at: number;
  readonly endpoint: string | undefined;
  /** Why there is no endpoint. */
  readonly problem: string | undefined;
}

export interface Broadcast {
  readonly message: string;
  /** How the firewalls refuse it, if they do. */
  readonly poison: Poison | undefined;
  readonly startedAt: number;
  readonly endedAt: number;
  /** The endpoints that the server took for healthy when it was asked to broadcast. */
  readonly healthy: readonly string[];
  readonly report: FanOutReport | undefined;
  /** Why there is no report. */
  readonly problem: string | undefined;
}

/** Many sends at once. */
export interface Burst {
  readonly startedAt: number;
  readonly endedAt: number;
  /** For each endpoint how many sends ended in which way: delivered, skipped, or the code of an error. */
  readonly tallies: ReadonlyMap<string, Readonly<Record<string, number>>>;
}

export interface Change {
  readonly at: number;
  readonly endpoint: string;
  readonly isUp: boolean;
}

export interface Traffic {
  readonly negotiateEveryInMs: number;
  readonly broadcastEveryInMs: number;
}

export type Settings = Pick<Scene, "order" | "primaries" | "schedule"> & {
  /** Ports of the way to each region. Default: as many as there are. */
  readonly ports?: number | undefined;
};

const PATIENCE_IN_MS = 10_000;
const SHARE_OF_COMPLAINTS = 0.1;
const SHARE_OF_POISON = 0.15;
/** Some poison is never answered, and nobody wants to wait for that. */
export const POISON_DEADLINE_IN_MS = 1500;

/** An Express app with the plugin, under steady traffic, and a record of what it did. */
export class AppServer {
  readonly name: string;
  readonly pubsub: ResilientPubSub;
  readonly warnings: string[] = [];
  answers: Answer[] = [];
  broadcasts: Broadcast[] = [];
  bursts: Burst[] = [];
  changes: Change[] = [];
  readonly #server: Server;
  readonly #random: RandomSource;
  readonly #nats: readonly Nat[];
  readonly #underway = new Set<Promise<void>>();
  readonly #timers: NodeJS.Timeout[] = [];
  #sent = 0;

  private constructor(
    name: string,
    options: ResilientPubSubOptions,
    nats: readonly Nat[],
    random: RandomSource,
  ) {
    this.name = name;
    this.#nats = nats;
    this.#random = random;
    this.pubsub = resilientPubSub({ logger: false, ...options });
    this.#recordEvents();
    this.#server = createServer(express().use(this.pubsub));
  }

  static async start(
    name: string,
    settings: Settings,
    regions: ReadonlyMap<RegionName, Region>,
    random: RandomSource,
  ): Promise<AppServer> {
    const { ports } = settings;
    const nats = new Map<RegionName, Nat>();
    for (const name of ports === undefined ? [] : settings.order)
      nats.set(name, await startNat((regions.get(name) as Region).url, ports));
    const urlOf = (region: Region): string => nats.get(region.name)?.url ?? region.url;
    const options = optionsOf(settings, regions, urlOf);
    const server = new AppServer(name, options, [...nats.values()], random);
    await new Promise<void>((resolve) => server.#server.listen(0, "127.0.0.1", resolve));
    await server.pubsub.ready();
    return server;
  }

  /** Clients come and messages go from now on. */
  receive({ negotiateEveryInMs, broadcastEveryInMs }: Traffic): void {
    this.#timers.push(
      setInterval(() => this.#track(this.#negotiate()), negotiateEveryInMs),
      setInterval(() => this.#track(this.#broadcast()), broadcastEveryInMs),
    );
  }

  /** Sends so many messages at once, to users that there are not. */
  async burst(count: number, timeoutInMs: number): Promise<void> {
    const startedAt = performance.now();
    const tallies = new Map<string, Record<string, number>>();
    const sends = Array.from({ length: count }, async (_, index) => {
      const options = { contentType: "text/plain", timeoutInMs } as const;
      const sending = this.pubsub.sendToUser(`user ${index}`, "burst", options);
      const { report } = await outcomeOf(sending);
      for (const [endpoint, end] of endsOf(report)) {
        const tally = tallies.get(endpoint) ?? {};
        tallies.set(endpoint, tally);
        tally[end] = (tally[end] ?? 0) + 1;
      }
    });
    await Promise.all(sends);
    this.bursts.push({ startedAt, endedAt: performance.now(), tallies });
  }

  isUsing(region: RegionName): boolean {
    return this.#healthy().includes(region);
  }

  /** Ends the traffic and waits for what is under way. */
  async quieten(): Promise<void> {
    for (const timer of this.#timers.splice(0)) clearInterval(timer);
    await Promise.all(this.#underway);
  }

  async close(): Promise<void> {
    await this.quieten();
    await this.pubsub.close();
    await new Promise((resolve) => {
      this.#server.close(resolve);
      this.#server.closeAllConnections();
    });
    for (const nat of this.#nats) nat.close();
  }

  /** What has been judged is not kept. */
  forget(): void {
    this.answers = [];
    this.broadcasts = [];
    this.bursts = [];
    this.changes = [];
  }

  async #negotiate(): Promise<void> {
    const sentAt = performance.now();
    const outcome = await this.#ask().catch((error) => ({
      endpoint: undefined,
      problem: String(error),
    }));
    this.answers.push({ sentAt, at: performance.now(), ...outcome });
  }

  async #ask(): Promise<Pick<Answer, "endpoint" | "problem">> {
    const { port } = this.#server.address() as AddressInfo;
    // Clients may claim what they like, even that a sound endpoint has failed them.
    const isComplaint = this.#random() < SHARE_OF_COMPLAINTS;
    const query = isComplaint ? `?failed=${oneOf(this.#random, REGIONS)}` : "";
    const response = await fetch(`http://127.0.0.1:${port}/negotiate${query}`, {
      signal: AbortSignal.timeout(PATIENCE_IN_MS),
    });
    const body = (await response.json()) as { endpoint?: string; code?: string };
    const problem = response.ok ? undefined : `${response.status} ${body.code}`;
    return { endpoint: body.endpoint, problem };
  }

  async #broadcast(): Promise<void> {
    this.#sent += 1;
    const isPoison = this.#random() < SHARE_OF_POISON;
    const poison = isPoison ? oneOf(this.#random, POISONS) : undefined;
    const name = `${this.name} ${this.#sent}`;
    const message = poison ? poisonText(poison, name) : name;
    const startedAt = performance.now();
    const healthy = this.#healthy();
    const outcome = await outcomeOf(
      this.pubsub.broadcast(message, {
        contentType: "text/plain",
        timeoutInMs: poison && POISON_DEADLINE_IN_MS,
      }),
    );
    const endedAt = performance.now();
    this.broadcasts.push({ message, poison, startedAt, endedAt, healthy, ...outcome });
  }

  #healthy(): string[] {
    const healthy = this.pubsub.endpoints.snapshot().filter(({ state }) => state === "healthy");
    return healthy.map(({ name }) => name);
  }

  #recordEvents(): void {
    const { events } = this.pubsub;
    const record = (endpoint: string, isUp: boolean): void =>
      void this.changes.push({ at: performance.now(), endpoint, isUp });
    events.on("endpointUp", ({ endpoint }) => record(endpoint, true));
    events.on("endpointDown", ({ endpoint }) => record(endpoint, false));
    events.on("handlerError", ({ handler, error }) => {
      this.warnings.push(`${handler}: ${String(error)}`);
    });
  }

  #track(task: Promise<void>): void {
    const tracked = task.finally(() => this.#underway.delete(tracked));
    this.#underway.add(tracked);
  }
}

/** A failure has a report as well. */
function outcomeOf(sending: Promise<FanOutReport>): Promise<Pick<Broadcast, "report" | "problem">> {
  return sending.then(
    (report) => ({ report, problem: undefined }),
    (error: Partial<FanOutError>) => ({ report: error.report, problem: String(error) }),
  );
}

/** How a send ended at each endpoint. */
function endsOf(report: FanOutReport | undefined): [endpoint: string, end: string][] {
  if (report === undefined) return [];
  return [
    ...report.delivered.map((endpoint): [string, string] => [endpoint, "delivered"]),
    ...report.skipped.map(({ endpoint }): [string, string] => [endpoint, "skipped"]),
    ...report.failed.map(({ endpoint, error, status }): [string, string] => {
      const { code } = error as { readonly code?: string };
      return [endpoint, status === undefined ? String(code) : `status ${status}`];
    }),
  ];
}

function optionsOf(
  { order, primaries, schedule }: Settings,
  regions: ReadonlyMap<RegionName, Region>,
  urlOf: (region: Region) => string,
): ResilientPubSubOptions {
  return {
    hub: "chaos",
    endpoints: order.map((name, index) => {
      const region = regions.get(name) as Region;
      const role = index < primaries ? "primary" : "secondary";
      return { name, role, ...region.access, reverseProxyEndpoint: urlOf(region) };
    }),
    negotiate: { allowAnonymous: true },
    health: { schedule },
  };
}
