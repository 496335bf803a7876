import {
  type NegotiateAnswer,
  type NegotiateContext,
  ResilientPubSubClient,
  type ResilientPubSubClientOptions,
} from "express-resilient-pubsub/client";
import { ObservableLog } from "../kit/observable-log.ts";
import { PairDeliveries } from "./pair-deliveries.ts";
import { GROUP } from "./process-messages.ts";
import { SplitTime } from "./split-time.ts";

export interface GroupClientsOptions {
  readonly size: number;
  /** Every client sends something to the group so often, and less often once all have heard each other. */
  readonly sendEveryInMs: number;
  readonly client: ResilientPubSubClientOptions;
  /** Where app servers listen, those that have just died included. */
  readonly serverUrls: () => readonly string[];
}

const TICK_IN_MS = 10;
/** Of so many rounds all but one are left out when there is nothing to be found out. */
const SPARSE_ROUNDS = 5;

interface Member {
  readonly client: ResilientPubSubClient;
  /** The endpoint that it is connected to. */
  endpoint: string | undefined;
  /** The endpoint that it was connected to last. */
  lastEndpoint: string | undefined;
}

export interface Arrival {
  readonly member: number;
  readonly endpoint: string;
  /** It was connected to another endpoint before. */
  readonly isMove: boolean;
  /** Monotonic milliseconds. */
  readonly at: number;
}

/** Clients in one group that talk to each other through the service, all the time. */
export class GroupClients {
  readonly arrivals = new ObservableLog<Arrival>();
  /** Rounds in which every one has heard every other. */
  readonly completed = new ObservableLog<{
    readonly pairDeliveries: PairDeliveries;
    readonly at: number;
  }>();
  readonly #options: GroupClientsOptions;
  readonly #members: Member[];
  readonly #split = new SplitTime();
  #pairDeliveries: PairDeliveries;
  #timer: NodeJS.Timeout | undefined;
  #startedAt = 0;
  #turns = 0;
  #negotiates = 0;
  #unconfirmed = 0;

  constructor(options: GroupClientsOptions) {
    this.#options = options;
    this.#pairDeliveries = new PairDeliveries(options.size, "", performance.now());
    this.#members = Array.from({ length: options.size }, (_, index) => this.#createMember(index));
  }

  get size(): number {
    return this.#members.length;
  }

  /** Who has heard whom since `startRound`. */
  get pairDeliveries(): PairDeliveries {
    return this.#pairDeliveries;
  }

  /** How many clients are connected to each endpoint. */
  get countsByEndpoint(): Readonly<Record<string, number>> {
    const countsByEndpoint: Record<string, number> = {};
    for (const { endpoint } of this.#members) {
      if (endpoint !== undefined)
        countsByEndpoint[endpoint] = (countsByEndpoint[endpoint] ?? 0) + 1;
    }
    return countsByEndpoint;
  }

  /** Messages that were refused, or of which nobody knows whether anyone heard them. */
  get unconfirmed(): number {
    return this.#unconfirmed;
  }

  async start(): Promise<void> {
    await Promise.all(
      this.#members.map(async ({ client }) => {
        await client.start();
        await client.joinGroup(GROUP);
      }),
    );
    this.#startedAt = performance.now();
    this.#timer = setInterval(() => this.#sendInTurn(), TICK_IN_MS);
  }

  /** From now on it counts who hears whom on this endpoint. */
  startRound(endpoint: string): PairDeliveries {
    const now = performance.now();
    this.#split.take(now);
    this.#pairDeliveries = new PairDeliveries(this.#members.length, endpoint, now);
    return this.#pairDeliveries;
  }

  /** For how long clients were on more than one endpoint, since the round began. */
  takeSplit(): number {
    return this.#split.take(performance.now());
  }

  stop(): void {
    clearInterval(this.#timer);
    for (const { client } of this.#members) client.stop();
  }

  #createMember(index: number): Member {
    const { client: options } = this.#options;
    const client = new ResilientPubSubClient((context) => this.#negotiate(context), options);
    const member: Member = { client, endpoint: undefined, lastEndpoint: undefined };
    client.on("state-changed", ({ state }) => {
      this.#setEndpoint(index, member, state === "connected" ? client.endpoint : undefined);
    });
    client.on("group-message", ({ message }) => {
      const [sender, endpoint = ""] = String(message.data).split(" ");
      this.#receive(Number(sender), index, endpoint);
    });
    return member;
  }

  #setEndpoint(index: number, member: Member, endpoint: string | undefined): void {
    const at = performance.now();
    this.#split.moved(member.endpoint, endpoint, at);
    member.endpoint = endpoint;
    if (endpoint === undefined) return;
    const { lastEndpoint } = member;
    const isMove = lastEndpoint !== undefined && lastEndpoint !== endpoint;
    member.lastEndpoint = endpoint;
    this.arrivals.add({ member: index, endpoint, isMove, at });
  }

  /** Evenly one after the other, so that there is always somebody who sends. */
  #sendInTurn(): void {
    const { size, sendEveryInMs } = this.#options;
    const elapsedInMs = performance.now() - this.#startedAt;
    const turns = Math.floor((elapsedInMs / sendEveryInMs) * size);
    for (; this.#turns < turns; this.#turns += 1) {
      const round = Math.floor(this.#turns / size);
      const isSparseRound = this.#pairDeliveries.isComplete && round % SPARSE_ROUNDS > 0;
      if (!isSparseRound) this.#send(this.#turns % size);
    }
  }

  #send(index: number): void {
    const { client, endpoint } = this.#members[index] as Member;
    if (endpoint === undefined) return;
    client.sendToGroup(GROUP, `${index} ${endpoint}`, "text", { noEcho: true }).catch(() => {
      this.#unconfirmed += 1;
    });
  }

  #receive(sender: number, recipient: number, endpoint: string): void {
    const pairDeliveries = this.#pairDeliveries;
    if (pairDeliveries.isComplete) return;
    const at = performance.now();
    pairDeliveries.delivered(sender, recipient, endpoint, at);
    if (pairDeliveries.isComplete) this.completed.add({ pairDeliveries, at });
  }

  /** As a load balancer does: the servers in turn, and the next one when one does not answer. */
  async #negotiate({ failed, signal }: NegotiateContext): Promise<NegotiateAnswer> {
    const urls = this.#options.serverUrls();
    const query = new URLSearchParams(failed.map((name): [string, string] => ["failed", name]));
    this.#negotiates += 1;
    const inTurn = urls.map((_, index) => urls[(this.#negotiates + index) % urls.length]);
    let cause: unknown;
    for (const url of inTurn) {
      try {
        const response = await fetch(`${url}/negotiate?${query}`, { signal });
        if (response.ok) return (await response.json()) as NegotiateAnswer;
        cause = new Error(`negotiate was answered ${response.status}`);
      } catch (error) {
        cause = error;
      }
    }
    throw new Error("no app server answers negotiate", { cause });
  }
}
