import { EvacuationPace } from "../../src/endpoints/evacuation-pace.ts";
import { pastHoldDownInMs } from "../../src/failback/hold-down.ts";
import { closableIn, expectedInMs, spread } from "../../src/failback/schedule.ts";
import { FAILBACK_REASON_PREFIX, MOVE_REASON_PREFIX } from "../../src/kit/close-reasons.ts";
import { pauseAfterCloseInMs } from "./client-policy.ts";
import { Population } from "./population.ts";
import { count, limitOf, type Sizes, type StoryResult, seconds } from "./story.ts";

const ENDPOINTS = [
  { name: "east", role: "primary" },
  { name: "west", role: "secondary" },
] as const;
const HOLD_DOWN_IN_MS = 60_000;
/** Of the limit: the rest is for those who come by themselves. */
const PACE = 0.5;
const TOLERANCE = { expected: 0.1, rate: 1.1 };
/** What a client may be away for that is closed at a pace. */
const AWAY_IN_MS = { p99: 1000 };
const maxRequests = 3;
/** After the beginning of a second. */
const CLOSED_WITHIN_IN_MS = 900;
/** After it was stopped: nobody else must move. */
const WATCHED_ON_IN_MS = 30_000;

interface Kind {
  readonly from: "east" | "west";
  readonly reason: string;
  readonly isEvacuation: boolean;
}

/** All clients are on the secondary, and their primary is back. */
export const runFailback = (sizes: Sizes, stopAt?: number): StoryResult =>
  run("failback", sizes, stopAt, {
    from: "west",
    reason: `${FAILBACK_REASON_PREFIX}east`,
    isEvacuation: false,
  });

/** An operator empties the primary that all clients are on. */
export const runEvacuation = (sizes: Sizes, stopAt?: number): StoryResult =>
  run("evacuation", sizes, stopAt, {
    from: "east",
    reason: `${MOVE_REASON_PREFIX}west`,
    isEvacuation: true,
  });

function run(name: string, sizes: Sizes, stopAt = 1, kind: Kind): StoryResult {
  return resultOf(new ClosingRun(sizes, stopAt, kind).run(), name);
}

/**
 * The service lists and closes at once, so that all servers come to the same list, and only the first
 * of them closes a client.
 */
class ClosingRun {
  readonly #sizes: Sizes;
  readonly #kind: Kind;
  readonly #stopAt: number;
  readonly #pace: number;
  readonly #population: Population;
  #paces: readonly EvacuationPace[] = [];
  #stopsAt = Number.POSITIVE_INFINITY;
  /** Clients before it have left already. */
  #first = 0;
  #closed = 0;

  /** @param stopAt Share of the expected time after which an operator stops it; 1: not at all. */
  constructor(sizes: Sizes, stopAt: number, kind: Kind) {
    this.#sizes = sizes;
    this.#kind = kind;
    this.#stopAt = stopAt;
    this.#pace = PACE * limitOf(sizes);
    const startOf = () => kind.from;
    this.#population = new Population({ sizes, endpoints: ENDPOINTS, startOf });
  }

  run(): Outcome {
    const population = this.#population;
    const { from, isEvacuation } = this.#kind;
    for (const server of population.servers) server.tell("east", isEvacuation);
    population.liveQuietly();
    // Each tells of those that it has counted; an operator adds them up.
    const expected = population.servers
      .map((server) => expectedInMs(server.counted(from), this.#pace) ?? 0)
      .reduce((sum, one) => sum + one / 1000, 0);
    this.#paces = population.servers.map(
      () => new EvacuationPace(this.#pace, () => population.now),
    );
    if (isEvacuation) this.#order((index) => this.#paces[index]);
    else this.#waitForHoldDown();
    const begunAt = population.now;
    if (this.#stopAt < 1) this.#stopsAt = begunAt + 1000 * this.#stopAt * expected;
    for (let second = 0; second < 2 * expected + 60 && !this.#isOver; second += 1) {
      this.#passSecond(second, begunAt + 1000 * second);
    }
    return {
      sizes: this.#sizes,
      from,
      pace: this.#pace,
      expected,
      took: (population.lastMovedAt - begunAt) / 1000,
      closed: this.#closed,
      stopAt: this.#stopAt,
      population,
    };
  }

  get #isOver(): boolean {
    const { now, waiting } = this.#population;
    const isDone = this.#first >= this.#sizes.clients;
    return waiting === 0 && (isDone || now >= this.#stopsAt + WATCHED_ON_IN_MS);
  }

  #order(paceOf: (server: number) => EvacuationPace | undefined): void {
    this.#population.servers.forEach((server, index) => {
      server.evacuate(this.#kind.from, paceOf(index));
    });
  }

  #waitForHoldDown(): void {
    const population = this.#population;
    for (const server of population.servers) server.tell("east", true);
    const usableSince = new Map([["east", population.now]]);
    const isOver = (): boolean =>
      (pastHoldDownInMs(usableSince, HOLD_DOWN_IN_MS, population.now) ?? -1) >= 0;
    while (!isOver()) population.runUntil(population.now + 1000);
  }

  #passSecond(second: number, now: number): void {
    const population = this.#population;
    const listed = now >= this.#stopsAt ? [] : this.#listed(closableIn(second, this.#pace));
    for (const { connection, delayInMs } of spread(listed, { second, elapsedInMs: 0 })) {
      if (now + delayInMs < this.#stopsAt) this.#close(connection.client, now + delayInMs);
    }
    population.runUntil(now + CLOSED_WITHIN_IN_MS);
    for (const pace of this.#paces) pace.closed(listed.length);
    if (this.#kind.isEvacuation && population.now >= this.#stopsAt) this.#order(() => undefined);
    population.runUntil(now + 1000);
  }

  /** The first that are there, as the service has them. */
  #listed(atMost: number): { connectionId: string; client: number }[] {
    const population = this.#population;
    const listed: { connectionId: string; client: number }[] = [];
    for (; this.#first < this.#sizes.clients && listed.length < atMost; this.#first += 1) {
      const client = this.#first;
      const isThere = population.at[client] === this.#kind.from && !population.isWaiting(client);
      if (isThere) listed.push({ connectionId: String(client), client });
    }
    return listed;
  }

  #close(client: number, now: number): void {
    const { random, spreadInMs } = this.#population;
    const { from: endpoint, reason } = this.#kind;
    const loss = { endpoint, now, spreadInMs: spreadInMs[client] as number, random };
    this.#population.lose(client, now, pauseAfterCloseInMs(loss, reason), []);
    this.#closed += 1;
  }
}

interface Outcome {
  readonly sizes: Sizes;
  readonly from: string;
  readonly pace: number;
  readonly expected: number;
  readonly took: number;
  readonly closed: number;
  readonly stopAt: number;
  readonly population: Population;
}

function resultOf(outcome: Outcome, name: string): StoryResult {
  const { sizes, pace, expected, took, closed, stopAt, from, population } = outcome;
  const { clients, servers } = sizes;
  const left = population.countOn(from);
  const moved = clients - left;
  const { busiest, waiting, requestsOf } = population;
  const away = population.awayInMs.filter((one) => !Number.isNaN(one)).sort();
  const at = (share: number): number => (away[Math.floor(share * (away.length - 1))] ?? 0) / 1000;
  const requests = requestsOf.reduce((most, one) => Math.max(most, one), 0);
  const expectedTime = stopAt * expected;
  // A small herd is spread over few seconds, of which the last may be nearly empty.
  const tolerance = TOLERANCE.expected * expectedTime + 2;
  const violations = [
    Math.abs(took - expectedTime) > tolerance &&
      `it took ${seconds(took)}, and ${seconds(expectedTime)} was told beforehand`,
    busiest > TOLERANCE.rate * pace + 1 &&
      `${busiest} clients moved in one second, at a pace of ${pace}`,
    waiting > 0 && `${waiting} clients have no connection`,
    stopAt === 1 && left > 0 && `${left} clients are still there`,
    Math.abs(moved / clients - stopAt) > TOLERANCE.expected &&
      `${moved} clients were moved, of ${Math.round(stopAt * clients)}`,
    1000 * at(0.99) > AWAY_IN_MS.p99 && `one client in a hundred was away for ${seconds(at(0.99))}`,
    requests > maxRequests && `a client asked ${requests} times`,
  ].filter((violation) => violation !== false);
  const ending = stopAt < 1 ? `, stopped after ${seconds(expectedTime)}` : "";
  return {
    lines: [
      `${name}: ${count(clients)} clients, ${servers} app servers, ${count(pace)} a second${ending}`,
      `  told beforehand ${seconds(expected)}, took ${seconds(took)}; ${count(moved)} moved, of whom ${count(closed)} were closed`,
      `  busiest second: ${count(busiest)}, limit ${count(limitOf(sizes))}; away: half ${at(0.5).toFixed(2)} s, 99 % ${at(0.99).toFixed(2)} s; ${requests} requests at most`,
    ],
    violations,
  };
}
