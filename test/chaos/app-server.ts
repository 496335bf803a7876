import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import express from "express";
import {
  type FanOutReport,
  type ResilientPubSub,
  type ResilientPubSubOptions,
  resilientPubSub,
} from "express-resilient-pubsub";
import { REGIONS, type RegionName, type Scene } from "./plan.ts";
import { oneOf, type RandomSource } from "./random-source.ts";
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
  readonly startedAt: number;
  readonly endedAt: number;
  /** The endpoints that the server took for healthy when it was asked to broadcast. */
  readonly healthy: readonly string[];
  readonly report: FanOutReport | undefined;
  /** Why there is no report. */
  readonly problem: string | undefined;
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

type Settings = Pick<Scene, "order" | "primaries" | "schedule">;

const PATIENCE_IN_MS = 10_000;
const SHARE_OF_COMPLAINTS = 0.1;

/** An Express app with the plugin, under steady traffic, and a record of what it did. */
export class AppServer {
  readonly name: string;
  readonly pubsub: ResilientPubSub;
  readonly warnings: string[] = [];
  answers: Answer[] = [];
  broadcasts: Broadcast[] = [];
  changes: Change[] = [];
  readonly #server: Server;
  readonly #random: RandomSource;
  readonly #underway = new Set<Promise<void>>();
  readonly #timers: NodeJS.Timeout[] = [];
  #sent = 0;

  private constructor(name: string, options: ResilientPubSubOptions, random: RandomSource) {
    this.name = name;
    this.#random = random;
    this.pubsub = resilientPubSub(options);
    this.#recordEvents();
    this.#server = createServer(express().use(this.pubsub));
  }

  static async start(
    name: string,
    settings: Settings,
    regions: ReadonlyMap<RegionName, Region>,
    random: RandomSource,
  ): Promise<AppServer> {
    const server = new AppServer(name, optionsOf(settings, regions), random);
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
  }

  /** What has been judged is not kept. */
  forget(): void {
    this.answers = [];
    this.broadcasts = [];
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
    const message = `${this.name} ${this.#sent}`;
    const startedAt = performance.now();
    const healthy = this.#healthy();
    const outcome = await this.pubsub.broadcast(message, { contentType: "text/plain" }).then(
      (report) => ({ report, problem: undefined }),
      (error) => ({ report: undefined, problem: String(error) }),
    );
    this.broadcasts.push({ message, startedAt, endedAt: performance.now(), healthy, ...outcome });
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

function optionsOf(
  { order, primaries, schedule }: Settings,
  regions: ReadonlyMap<RegionName, Region>,
): ResilientPubSubOptions {
  return {
    hub: "chaos",
    endpoints: order.map((name, index) => ({
      name,
      role: index < primaries ? "primary" : "secondary",
      connectionString: regions.get(name)?.connectionString ?? "",
    })),
    negotiate: { allowAnonymous: true },
    health: { schedule },
  };
}
