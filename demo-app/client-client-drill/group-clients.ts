import {
  type NegotiateAnswer,
  type NegotiateContext,
  ResilientPubSubClient,
  type ResilientPubSubClientOptions,
} from "express-resilient-pubsub/client";
import { ObservableLog } from "../kit/observable-log.ts";
import { Conversation } from "./pair-deliveries.ts";
import { GROUP } from "./process-messages.ts";
import { Split } from "./split-time.ts";

export interface CrowdOptions {
  readonly size: number;
  /** Every client says something to the group so often, and less often once all have heard each other. */
  readonly speakEveryInMs: number;
  readonly client: ResilientPubSubClientOptions;
  /** Where app servers listen, those that have just died included. */
  readonly serverUrls: () => readonly string[];
}

const TICK_IN_MS = 10;
/** Of so many rounds all but one are left out when there is nothing to be found out. */
const QUIET_ROUNDS = 5;

interface Member {
  readonly client: ResilientPubSubClient;
  /** The endpoint that it is connected to. */
  place: string | undefined;
  /** The endpoint that it was connected to last. */
  lastPlace: string | undefined;
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
export class Crowd {
  readonly arrivals = new ObservableLog<Arrival>();
  /** Conversations in which every one has heard every other. */
  readonly completed = new ObservableLog<{
    readonly conversation: Conversation;
    readonly at: number;
  }>();
  readonly #options: CrowdOptions;
  readonly #members: Member[];
  readonly #split = new Split();
  #conversation: Conversation;
  #timer: NodeJS.Timeout | undefined;
  #startedAt = 0;
  #turns = 0;
  #negotiates = 0;
  #unheard = 0;

  constructor(options: CrowdOptions) {
    this.#options = options;
    this.#conversation = new Conversation(options.size, "", performance.now());
    this.#members = Array.from({ length: options.size }, (_, index) => this.#join(index));
  }

  get size(): number {
    return this.#members.length;
  }

  /** Who has heard whom since `begin`. */
  get conversation(): Conversation {
    return this.#conversation;
  }

  /** How many clients are connected to each endpoint. */
  get places(): Readonly<Record<string, number>> {
    const places: Record<string, number> = {};
    for (const { place } of this.#members) {
      if (place !== undefined) places[place] = (places[place] ?? 0) + 1;
    }
    return places;
  }

  /** Messages that were refused, or of which nobody knows whether anyone heard them. */
  get unheard(): number {
    return this.#unheard;
  }

  async start(): Promise<void> {
    await Promise.all(
      this.#members.map(async ({ client }) => {
        await client.start();
        await client.joinGroup(GROUP);
      }),
    );
    this.#startedAt = performance.now();
    this.#timer = setInterval(() => this.#speakInTurn(), TICK_IN_MS);
  }

  /** From now on it counts who hears whom on this endpoint. */
  begin(endpoint: string): Conversation {
    const now = performance.now();
    this.#split.take(now);
    this.#conversation = new Conversation(this.#members.length, endpoint, now);
    return this.#conversation;
  }

  /** For how long clients were on more than one endpoint, since the conversation began. */
  takeSplit(): number {
    return this.#split.take(performance.now());
  }

  stop(): void {
    clearInterval(this.#timer);
    for (const { client } of this.#members) client.stop();
  }

  #join(index: number): Member {
    const { client: options } = this.#options;
    const client = new ResilientPubSubClient((context) => this.#negotiate(context), options);
    const member: Member = { client, place: undefined, lastPlace: undefined };
    client.on("state-changed", ({ state }) => {
      this.#arrive(index, member, state === "connected" ? client.endpoint : undefined);
    });
    client.on("group-message", ({ message }) => {
      const [speaker, endpoint = ""] = String(message.data).split(" ");
      this.#hear(Number(speaker), index, endpoint);
    });
    return member;
  }

  #arrive(index: number, member: Member, endpoint: string | undefined): void {
    const at = performance.now();
    this.#split.moved(member.place, endpoint, at);
    member.place = endpoint;
    if (endpoint === undefined) return;
    const { lastPlace } = member;
    const isMove = lastPlace !== undefined && lastPlace !== endpoint;
    member.lastPlace = endpoint;
    this.arrivals.add({ member: index, endpoint, isMove, at });
  }

  /** Evenly one after the other, so that there is always somebody who speaks. */
  #speakInTurn(): void {
    const { size, speakEveryInMs } = this.#options;
    const elapsedInMs = performance.now() - this.#startedAt;
    const turns = Math.floor((elapsedInMs / speakEveryInMs) * size);
    for (; this.#turns < turns; this.#turns += 1) {
      const round = Math.floor(this.#turns / size);
      const isQuietRound = this.#conversation.isComplete && round % QUIET_ROUNDS > 0;
      if (!isQuietRound) this.#speak(this.#turns % size);
    }
  }

  #speak(index: number): void {
    const { client, place } = this.#members[index] as Member;
    if (place === undefined) return;
    client.sendToGroup(GROUP, `${index} ${place}`, "text", { noEcho: true }).catch(() => {
      this.#unheard += 1;
    });
  }

  #hear(speaker: number, hearer: number, endpoint: string): void {
    const conversation = this.#conversation;
    if (conversation.isComplete) return;
    const at = performance.now();
    conversation.heard(speaker, hearer, endpoint, at);
    if (conversation.isComplete) this.completed.add({ conversation, at });
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
