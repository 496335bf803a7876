import { backoffInMs } from "../../src/client/backoff.ts";
import { ReviewSchedule } from "../../src/client/review-schedule.ts";
import type { Admission } from "../../src/negotiate/rate-limiter.ts";
import { createRandomSource } from "../support/random-source.ts";
import { AppServer, type HerdServer, REVIEW_AFTER_IN_MS } from "./app-server.ts";
import { Calendar } from "./calendar.ts";
import { DEFAULTS, mixed, pauseAfterLossInMs, pauseAfterRefusalInMs } from "./client-policy.ts";
import type { Mutation } from "./mutations.ts";
import { type HerdPlan, isIgnoring, shortestInSeconds, survivorsOf } from "./plan.ts";
import { Recording } from "./recording.ts";
import { limitOf } from "./story.ts";

/** Intervals of reviews before the region dies: whoever asks in the second is told of all. */
const QUIET_INTERVALS = 2.2;
/** Within which all clients notice. */
const NOTICED_WITHIN_IN_MS = 1000;
/** For how long redis is away, or both regions are: by then, most have asked. */
const OUTAGE_IN_MS = 30_000;
const CONNECTED_WITHIN_IN_MS = { least: 50, most: 300 };
/** As the handler of the history tells where its store is away. */
const STORE_AWAY_IN_SECONDS = { min: 1, spread: 2 };

const REVIEWED = 0;
const LOST = 1;
const READING = 2;

/** A million clients, each of which is a few numbers, and the app servers that they negotiate with. */
export class HerdRun {
  readonly #plan: HerdPlan;
  readonly #random: () => number;
  readonly #calendar: Calendar;
  readonly #servers: HerdServer[];
  readonly #schedule = new ReviewSchedule();
  readonly #step: Uint8Array;
  readonly #failures: Uint16Array;
  readonly #spreadInMs: Float64Array;
  readonly #recording: Recording;
  #now = 0;
  #living: HerdServer[];
  #diesAt = Number.POSITIVE_INFINITY;

  /** @param mutate Makes the servers lack a rule. */
  constructor(plan: HerdPlan, mutate: Mutation = (server) => server) {
    const { clients, servers, fault, seed } = plan;
    this.#plan = plan;
    this.#random = createRandomSource(seed);
    this.#calendar = new Calendar(clients);
    this.#step = new Uint8Array(clients);
    this.#failures = new Uint16Array(clients);
    this.#spreadInMs = new Float64Array(clients).fill(DEFAULTS.reconnectSpreadInMs);
    this.#recording = new Recording(clients);
    this.#servers = Array.from({ length: servers }, () => {
      const ahead = fault === "clocks-apart" ? this.#random() * 3_600_000 : 0;
      const now = () => this.#now + ahead;
      const perSecond = limitOf(plan) / servers;
      const server = new AppServer({ perSecond, now, random: this.#random });
      return mutate(server, this.#random);
    });
    this.#living = this.#servers;
  }

  run(): Recording {
    this.#liveQuietly();
    this.#loseRegion();
    // Whoever is not let in by then starves.
    const { clients } = this.#plan;
    while (
      this.#calendar.size > 0 &&
      this.#recording.seconds < 20 * (60 + clients / limitOf(this.#plan))
    ) {
      this.#runUntil(this.#now + 1000);
    }
    return this.#recording;
  }

  #liveQuietly(): void {
    const { clients } = this.#plan;
    const reviewAfterInMs = REVIEW_AFTER_IN_MS;
    for (let client = 0; client < clients; client += 1) {
      this.#schedule.onConnected({ now: 0, random: this.#random(), reviewAfterInMs });
      this.#calendar.plan(client, this.#schedule.dueAt);
    }
    this.#runUntil(REVIEW_AFTER_IN_MS + 1);
    const counts = this.#servers.map((server) => server.counted("east") ?? 0);
    this.#recording.counted = counts.reduce((sum, count) => sum + count, 0);
    this.#runUntil(QUIET_INTERVALS * REVIEW_AFTER_IN_MS);
  }

  #loseRegion(): void {
    const { clients, fault } = this.#plan;
    this.#diesAt = this.#now;
    this.#calendar.clear();
    this.#recording.begin(this.#now);
    this.#living = this.#servers.slice(0, survivorsOf(this.#plan));
    for (const server of this.#living) {
      server.tell("east", false);
      if (fault === "dark") server.tell("west", false);
    }
    for (let client = 0; client < clients; client += 1) {
      const noticedAt = this.#diesAt + this.#random() * NOTICED_WITHIN_IN_MS;
      this.#step[client] = LOST;
      this.#calendar.plan(client, noticedAt + this.#turnOf(client, noticedAt));
    }
    if (fault !== "dark") return;
    this.#runUntil(this.#diesAt + OUTAGE_IN_MS + 1000 * shortestInSeconds(this.#plan));
    for (const server of this.#living) server.tell("west", true);
    this.#recording.isBack();
  }

  #runUntil(until: number): void {
    this.#calendar.runUntil(until, (client, now) => {
      this.#now = now;
      const step = this.#step[client];
      if (step === REVIEWED) this.#review(client);
      else if (step === LOST) this.#negotiate(client);
      else this.#read(client);
    });
    this.#now = until;
  }

  #review(client: number): void {
    const reviewAfterInMs = REVIEW_AFTER_IN_MS;
    const spreadInMs = this.#serverOf(client).review(mixed(client, 1), "east");
    if (spreadInMs !== undefined) this.#spreadInMs[client] = spreadInMs;
    this.#schedule.onAsked({ now: this.#now, random: this.#random(), reviewAfterInMs }, false);
    this.#calendar.plan(client, this.#schedule.dueAt);
  }

  #negotiate(client: number): void {
    const admission = this.#serverOf(client).negotiate(client, ["east"]);
    this.#recording.negotiated(client, this.#now, admission);
    const { inMs } = admission;
    if (inMs === undefined) {
      const pauseInMs = this.#pauseOf(client, admission.retryAfterInSeconds);
      this.#calendar.plan(client, this.#now + pauseInMs);
      return;
    }
    this.#failures[client] = 0;
    this.#step[client] = READING;
    const { least, most } = CONNECTED_WITHIN_IN_MS;
    this.#calendar.plan(client, this.#now + inMs + least + this.#random() * (most - least));
  }

  #read(client: number): void {
    const admission = this.#isStoreAway
      ? this.#refusalWithoutStore()
      : this.#serverOf(client).readHistory(client, "west");
    this.#recording.read(client, this.#now, admission);
    if (admission.inMs !== undefined) return;
    const failures = (this.#failures[client] ?? 0) + 1;
    this.#failures[client] = failures;
    const pauseInMs = backoffInMs(DEFAULTS, failures, this.#random());
    const retryAfterInMs = 1000 * admission.retryAfterInSeconds;
    this.#calendar.plan(client, this.#now + Math.max(retryAfterInMs, pauseInMs));
  }

  #turnOf(client: number, now: number): number {
    const spreadInMs = this.#spreadInMs[client] as number;
    return pauseAfterLossInMs({ endpoint: "east", now, spreadInMs, random: this.#random });
  }

  #pauseOf(client: number, retryAfterInSeconds: number): number {
    const failures = this.#failures[client] ?? 0;
    this.#failures[client] = failures + 1;
    return pauseAfterRefusalInMs({
      failures,
      failed: ["east"],
      retryAfterInMs: isIgnoring(this.#plan, client) ? undefined : 1000 * retryAfterInSeconds,
      now: this.#now,
      random: this.#random,
    });
  }

  #refusalWithoutStore(): Admission {
    const { min, spread } = STORE_AWAY_IN_SECONDS;
    return { retryAfterInSeconds: min + Math.floor(this.#random() * spread) };
  }

  get #isStoreAway(): boolean {
    return this.#plan.fault === "redis-away" && this.#now - this.#diesAt < OUTAGE_IN_MS;
  }

  #serverOf(client: number): HerdServer {
    const { balance } = this.#plan;
    const share = balance === "random" ? this.#random() : mixed(client, 2) / 2 ** 32;
    return this.#living[Math.floor(share * this.#living.length)] as HerdServer;
  }
}
