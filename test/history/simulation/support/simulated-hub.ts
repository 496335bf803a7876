import type { HistoryAppend, StreamPosition } from "../../../../src/contract/history-store.ts";
import { ResilientPubSubError } from "../../../../src/kit/errors.ts";
import { randomFrom } from "../../../coordination/support/random.ts";
import { clockOn, Timeline } from "../../../coordination/support/virtual-clock.ts";
import { Host } from "./host.ts";
import { Judge } from "./judge.ts";
import type { Mutations } from "./mutations.ts";
import { type AppServers, SimulatedClient } from "./simulated-client.ts";
import { SimulatedNetwork } from "./simulated-network.ts";
import { SimulatedRegion } from "./simulated-region.ts";
import { SEND_TIMEOUT_IN_MS, SimulatedServer } from "./simulated-server.ts";
import { type Side, SimulatedStore } from "./simulated-store.ts";
import { type Fault, isAmong, type SendPlan, STREAMS, type Story } from "./story.ts";

const REQUEST_TIMEOUT_IN_MS = 1000;
/** From a change of a region until servers see it. */
const DETECTION_IN_MS = 300;
const CHECK_INTERVAL_IN_MS = 2000;
const AWAY = new ResilientPubSubError("ERR_HISTORY_UNAVAILABLE", "away");

export interface HubOptions {
  readonly mutations: Mutations;
  readonly hasPositionChecks: boolean;
  readonly isTraced: boolean;
}

/** Servers, regions, clients and a store, and all that happens to them. */
export class SimulatedHub {
  readonly timeline = new Timeline();
  readonly judge: Judge;
  readonly store: SimulatedStore;
  readonly clients: readonly SimulatedClient[];
  readonly #story: Story;
  readonly #options: HubOptions;
  readonly #random: () => number;
  readonly #network: SimulatedNetwork;
  readonly #regions: readonly SimulatedRegion[];
  /** By number; undefined where none lives. */
  readonly #servers: (SimulatedServer | undefined)[] = [];
  readonly #incarnations: number[] = [];
  /** Regions that servers take for usable. */
  readonly #inUse: boolean[];

  constructor(story: Story, options: HubOptions) {
    const { timeline } = this;
    const now = (): number => timeline.now;
    const { mutations } = options;
    this.#story = story;
    this.#options = options;
    this.#random = randomFrom(story.seed);
    this.#network = new SimulatedNetwork(story, now, this.#random);
    this.judge = new Judge(now, options.isTraced);
    const limits = {
      maxMessages: story.maxMessages,
      maxBytesPerStream: 1024 * 1024,
      ttlInMs: 300_000,
      maxResends: 3,
      maxBytes: 32 * 1024 * 1024,
    };
    this.store = new SimulatedStore(timeline, limits, this, mutations);
    this.#regions = Array.from(
      { length: story.regions },
      (_, index) => new SimulatedRegion(`r${index}`, timeline, this.#random, story.delayInMs),
    );
    this.#inUse = this.#regions.map(() => true);
    for (const [index, { startsAt }] of story.servers.entries()) {
      timeline.in(startsAt, () => this.#start(index));
    }
    this.clients = story.clients.map((plan, index) => {
      return new SimulatedClient(index, plan, {
        timeline,
        random: this.#random,
        delayInMs: story.delayInMs,
        judge: this.judge,
        servers: this.#appServers,
        regions: this.#regions,
        checkIntervalInMs: options.hasPositionChecks ? CHECK_INTERVAL_IN_MS : undefined,
        mutations,
      });
    });
    for (const send of story.sends) timeline.in(send.at, () => this.#send(send));
    for (const fault of story.faults) this.#plan(fault);
  }

  logged({ stream, message }: HistoryAppend, position: StreamPosition, side: Side): void {
    const isZombie = this.store.isZombie(side);
    this.judge.logged(JSON.parse(message.data), stream, position, side.run, isZombie);
  }

  /** Whether nothing is left to be done, as far as can be seen. */
  get isSettled(): boolean {
    const tops = this.store.tops();
    const isAtTop = (client: SimulatedClient): boolean =>
      Object.entries(client.positions).every(([stream, { epoch, offset }]) => {
        const top = tops[stream];
        return top === undefined || (top.epoch === epoch && top.offset === offset);
      });
    return this.store.leftInOutbox().length === 0 && this.clients.every(isAtTop);
  }

  async close(): Promise<void> {
    const closing = this.#servers.map((server) => server?.close());
    await this.timeline.runUntil(this.timeline.now + 10_000);
    await Promise.all(closing);
  }

  #start(index: number): void {
    const { timeline } = this;
    const story = this.#story;
    const plan = story.servers[index];
    if (!plan) return;
    const incarnation = (this.#incarnations[index] ?? 0) + 1;
    this.#incarnations[index] = incarnation;
    const host = new Host(timeline);
    const name = `s${index}.${incarnation}`;
    this.judge.note(() => `${name} starts`);
    const route = { host, server: index, fateOf: () => this.#network.ofStore(index) };
    this.#servers[index] = new SimulatedServer(name, {
      judge: this.judge,
      mutations: this.#options.mutations,
      store: this.store.storeFor(route),
      clock: clockOn(timeline, plan.clock, host.deliver),
      host,
      random: this.#random,
      regions: this.#regions,
      maxMessages: story.maxMessages,
      delayInMs: story.delayInMs,
      isInUse: (region) => this.#inUse[region] === true,
      fateOf: (region, isMessage) =>
        this.#network.ofSend(index, region, SEND_TIMEOUT_IN_MS, isMessage),
      in: (inMs, run) => void timeline.in(inMs, run),
    });
  }

  #kill(index: number): void {
    const server = this.#servers[index];
    if (!server) return;
    this.#servers[index] = undefined;
    server.host.isDead = true;
    this.judge.killed(server.name);
  }

  /** It is asked to, and does so in its turn. */
  #close(index: number): void {
    const server = this.#servers[index];
    if (!server) return;
    this.#servers[index] = undefined;
    server.host.deliver(async () => {
      this.judge.note(() => `${server.name} closes`);
      await server.close();
      this.judge.killed(server.name);
    });
  }

  #send({ server: index, stream, excluded, published }: SendPlan): void {
    const server = this.#servers[index];
    const name = STREAMS[stream];
    if (!server || !name) return;
    const id = excluded === undefined ? undefined : this.clients[excluded]?.connection?.id;
    const isExcluding = excluded !== undefined && id !== undefined;
    const excludes = new Map(isExcluding ? [[excluded, id]] : []);
    const number = this.judge.sent(server.name, name, excludes, published?.again !== undefined);
    const key = published ? `p:${number}` : undefined;
    const sending = { number, stream: name, excludedConnections: [...excludes.values()], key };
    server.host.deliver(() => void server.send(sending));
    const again = published?.again;
    if (again === undefined) return;
    // Whoever publishes has had no answer, and asks another server.
    this.timeline.in(this.#random() * 500, () => {
      const other = this.#servers[again];
      other?.host.deliver(() => void other.send(sending));
    });
  }

  readonly #appServers: AppServers = {
    negotiate: (client) => this.#ask(client, (server) => server.negotiate()),
    catchUp: (client, request) => this.#ask(client, (server) => server.catchUp(request)),
  };

  #ask<T>(client: number, question: (server: SimulatedServer) => Promise<T>): Promise<T> {
    const { timeline } = this;
    return new Promise((resolve, reject) => {
      const fail = (): void => reject(AWAY);
      const timeout = timeline.in(REQUEST_TIMEOUT_IN_MS, fail);
      if (this.#network.isOffline(client)) return;
      timeline.in(this.#network.delayInMs(), () => {
        const server = this.#servers[Math.floor(this.#random() * this.#story.servers.length)];
        if (!server) return fail();
        server.host.deliver(() => {
          const answer = (settle: () => void) => {
            if (!server.host.isDead) timeline.in(this.#network.delayInMs(), settle);
          };
          question(server).then(
            (value) =>
              answer(() => {
                timeout.cancel();
                resolve(value);
              }),
            () => answer(fail),
          );
        });
      });
    });
  }

  #plan(fault: Fault): void {
    const { timeline } = this;
    if (fault.kind === "failover" || fault.kind === "zombie") {
      this.#planLoss(fault);
      return;
    }
    timeline.in(fault.at, () => {
      this.judge.note(() => `--- ${JSON.stringify(fault)}`);
      this.#begin(fault);
    });
  }

  #planLoss(fault: Extract<Fault, { kind: "failover" | "zombie" }>): void {
    const { timeline, store } = this;
    const snapshotAt = Math.max(0, fault.at - fault.lagInMs);
    timeline.in(snapshotAt, () => {
      const copy = store.snapshot();
      timeline.in(fault.at - snapshotAt, () => {
        this.judge.note(() => `--- ${JSON.stringify(fault)}`);
        if (fault.kind === "failover") {
          store.failOver(copy, fault.isTold);
          return;
        }
        const end = store.split(copy, fault.isTold, (server) => isAmong(fault.mask, server));
        timeline.in(fault.forMs, end);
      });
    });
  }

  #begin(fault: Fault): void {
    const { timeline } = this;
    switch (fault.kind) {
      case "pause":
        this.#servers[fault.server]?.host.stopUntil(fault.at + fault.forMs);
        return;
      case "crash":
        this.#kill(fault.server);
        timeline.in(fault.forMs, () => this.#startIfNone(fault.server));
        return;
      case "close":
        this.#close(fault.server);
        timeline.in(fault.forMs, () => this.#startIfNone(fault.server));
        return;
      case "eviction":
        this.store.evict(STREAMS.filter((_, index) => isAmong(fault.mask, index)));
        return;
      case "region":
        this.#breakRegion(fault.region, fault.forMs);
        return;
      case "cut":
        this.#moving(fault.client)?.cut(fault.backInMs);
        return;
      case "move":
        this.#moving(fault.client)?.move(fault.region % this.#regions.length, fault.oldFramesInMs);
        return;
      case "reload":
        this.#moving(fault.client)?.reload();
        return;
    }
  }

  #startIfNone(index: number): void {
    if (this.#servers[index] === undefined) this.#start(index);
  }

  #moving(index: number): SimulatedClient | undefined {
    const client = this.clients[index];
    return client?.isPlain ? undefined : client;
  }

  #breakRegion(index: number, forMs: number): void {
    const { timeline } = this;
    const region = this.#regions[index % this.#regions.length];
    if (!region || region.isDown) return;
    const place = this.#regions.indexOf(region);
    region.crash();
    for (const client of this.clients) {
      if (client.connection && client.region === region) client.lost();
    }
    timeline.in(DETECTION_IN_MS, () => {
      this.#inUse[place] = false;
    });
    timeline.in(forMs, () => {
      region.isDown = false;
      timeline.in(DETECTION_IN_MS, () => {
        this.#inUse[place] = true;
        for (const server of this.#servers) server?.host.deliver(() => server.regionUp());
      });
    });
  }
}
