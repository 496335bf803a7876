import { ReviewSchedule } from "../../src/client/review-schedule.ts";
import { createRandomSource } from "../support/random-source.ts";
import { AppServer, type HerdEndpoint, REVIEW_AFTER_IN_MS } from "./app-server.ts";
import { Calendar } from "./calendar.ts";
import { DEFAULTS, mixed, pauseAfterRefusalInMs } from "./client-policy.ts";
import { PerSecond } from "./recording.ts";
import { limitOf, type Sizes } from "./story.ts";

/** Intervals of reviews before anything happens: whoever asks in the second is told of all. */
const QUIET_INTERVALS = 2.2;

interface PopulationOptions {
  readonly sizes: Sizes;
  readonly endpoints: readonly HerdEndpoint[];
  /** Where a client is at the beginning. */
  readonly startOf: (client: number) => string;
}

/**
 * Clients that go on asking for reviews where they are, while some of them move, and the app servers
 * that they ask. A load balancer sends each of them to the same one every time.
 */
export class Population {
  readonly clients: number;
  readonly servers: readonly AppServer[];
  readonly random: () => number;
  /** Where each client is, or was last. */
  readonly at: string[];
  /** Over how long each client was told to spread. */
  readonly spreadInMs: Float64Array;
  /** For how long each client was without a connection; NaN for those that never were. */
  readonly awayInMs: Float64Array;
  /** Clients that were let in to an endpoint in each second, from `begin` on. */
  readonly accepts = new Map<string, PerSecond>();
  readonly requestsOf: Uint16Array;
  /** Clients without a connection. */
  waiting = 0;
  lastMovedAt = 0;
  now = 0;
  #begunAt = 0;
  readonly #grants: Float64Array;
  readonly #failures: Uint16Array;
  readonly #leftAt: Float64Array;
  readonly #isReviewPlanned: Uint8Array;
  readonly #failed: (readonly string[])[] = [];
  /** The reviews of the clients, and behind them their negotiates. */
  readonly #calendar: Calendar;
  readonly #schedule = new ReviewSchedule();

  constructor({ sizes, endpoints, startOf }: PopulationOptions) {
    const { clients, servers, seed } = sizes;
    this.clients = clients;
    this.random = createRandomSource(seed);
    const shared = { now: () => this.now, random: this.random, endpoints };
    const perSecond = limitOf(sizes) / servers;
    this.servers = Array.from({ length: servers }, () => new AppServer({ ...shared, perSecond }));
    this.at = Array.from({ length: clients }, (_, client) => startOf(client));
    this.spreadInMs = new Float64Array(clients).fill(DEFAULTS.reconnectSpreadInMs);
    this.awayInMs = new Float64Array(clients).fill(Number.NaN);
    this.requestsOf = new Uint16Array(clients);
    this.#grants = new Float64Array(clients).map((_, client) => mixed(client, 1));
    this.#failures = new Uint16Array(clients);
    this.#leftAt = new Float64Array(clients).fill(Number.NaN);
    this.#isReviewPlanned = new Uint8Array(clients);
    this.#calendar = new Calendar(2 * clients);
  }

  /** Until all are counted, and told of it. From then on seconds are counted. */
  liveQuietly(): void {
    for (let client = 0; client < this.clients; client += 1) {
      this.#isReviewPlanned[client] = 1;
      this.#calendar.plan(client, this.random() * REVIEW_AFTER_IN_MS);
    }
    this.runUntil(QUIET_INTERVALS * REVIEW_AFTER_IN_MS);
    this.#begunAt = this.now;
    this.lastMovedAt = this.now;
  }

  /** Since it began. */
  get seconds(): number {
    return (this.now - this.#begunAt) / 1000;
  }

  /** From the beginning until the last client moved, in seconds. */
  get movedWithin(): number {
    return (this.lastMovedAt - this.#begunAt) / 1000;
  }

  /**
   * A client loses its connection, and asks where to go after a pause.
   *
   * @param failed What it complains of.
   */
  lose(client: number, at: number, pauseInMs: number, failed: readonly string[]): void {
    this.#leftAt[client] = at;
    this.#failed[client] = failed;
    this.waiting += 1;
    this.#calendar.plan(this.clients + client, at + pauseInMs);
  }

  isWaiting(client: number): boolean {
    return !Number.isNaN(this.#leftAt[client]);
  }

  runUntil(until: number): void {
    this.#calendar.runUntil(until, (member, now) => {
      this.now = now;
      if (member < this.clients) this.#review(member);
      else this.#negotiate(member - this.clients);
    });
    this.now = until;
  }

  /** How many are on an endpoint, or were last. */
  countOn(name: string): number {
    return this.at.reduce((sum, one) => sum + Number(one === name), 0);
  }

  /** The most clients that an endpoint got in one second. */
  get busiest(): number {
    return [...this.accepts.values()]
      .flatMap(({ counts }) => counts)
      .reduce((most, one) => Math.max(most, one), 0);
  }

  #review(client: number): void {
    this.#isReviewPlanned[client] = 0;
    if (this.isWaiting(client)) return;
    const { spreadInMs, isToMove } = this.#serverOf(client).place(
      this.#grants[client] as number,
      this.at[client] as string,
    );
    if (spreadInMs !== undefined) this.spreadInMs[client] = spreadInMs;
    // It keeps its connection until there is another one.
    if (isToMove) this.#ask(client, []);
    this.#planReview(client);
  }

  #negotiate(client: number): void {
    const failed = this.#failed[client] ?? [];
    const refusedForInMs = this.#ask(client, failed);
    if (refusedForInMs === undefined) return;
    const failures = this.#failures[client] as number;
    this.#failures[client] = failures + 1;
    const { now, random } = this;
    const retryAfterInMs = refusedForInMs;
    const pause = pauseAfterRefusalInMs({ failures, failed, retryAfterInMs, now, random });
    this.#calendar.plan(this.clients + client, now + pause);
  }

  /** @returns When it is to ask again; undefined when it was let in. */
  #ask(client: number, failed: readonly string[]): number | undefined {
    this.requestsOf[client] = (this.requestsOf[client] as number) + 1;
    const grant = mixed(client, 2 + (this.requestsOf[client] as number));
    const answer = this.#serverOf(client).negotiate(client, failed, grant);
    if (answer.inMs === undefined) return 1000 * answer.retryAfterInSeconds;
    const { endpoint = "nowhere", inMs } = answer;
    const movedAt = this.now + inMs;
    const accepts = this.accepts.get(endpoint) ?? new PerSecond();
    this.accepts.set(endpoint, accepts);
    accepts.add(Math.floor((movedAt - this.#begunAt) / 1000));
    this.lastMovedAt = Math.max(this.lastMovedAt, movedAt);
    this.at[client] = endpoint;
    this.#grants[client] = grant;
    if (this.isWaiting(client)) {
      this.awayInMs[client] = movedAt - (this.#leftAt[client] as number);
      this.#leftAt[client] = Number.NaN;
      this.waiting -= 1;
      this.#planReview(client);
    }
    return undefined;
  }

  #planReview(client: number): void {
    if (this.#isReviewPlanned[client]) return;
    this.#isReviewPlanned[client] = 1;
    const moment = { now: this.now, random: this.random(), reviewAfterInMs: REVIEW_AFTER_IN_MS };
    this.#schedule.onAsked(moment, false);
    this.#calendar.plan(client, this.#schedule.dueAt);
  }

  #serverOf(client: number): AppServer {
    const { servers } = this;
    return servers[Math.floor((mixed(client, 2) / 2 ** 32) * servers.length)] as AppServer;
  }
}
