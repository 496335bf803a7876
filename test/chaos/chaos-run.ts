import { monitorEventLoopDelay } from "node:perf_hooks";
import { setTimeout as delay } from "node:timers/promises";
import { isRedisInstalled } from "../support/is-redis-installed.ts";
import { createRandomSource } from "../support/random-source.ts";
import { AppServer, type Settings, type Traffic } from "./app-server.ts";
import { type Measurements, measure, noMeasurements } from "./measurement.ts";
import { growthOf, isFlat, memoryInUse } from "./memory.ts";
import { Pair } from "./pair.ts";
import { violationsOfPair } from "./pair-verdict.ts";
import { type Cycle, drawPlan, type Plan, REGIONS, type RegionName, type Scene } from "./plan.ts";
import { RedisPair } from "./redis-pair.ts";
import { Region } from "./region.ts";
import {
  countWithheld,
  EJECTION_IN_MS,
  type StaleBounds,
  type Violation,
  violationsOf,
} from "./verdict.ts";

export interface ChaosOptions {
  readonly seed: number;
  readonly cycles: number;
  readonly staleBounds?: StaleBounds;
  /** Told after every scene of all violations so far. */
  readonly onProgress?: (cyclesDone: number, violations: readonly Violation[]) => void;
}

/** What happened. */
interface Counts {
  negotiates: number;
  broadcasts: number;
  /** Messages that skipped an endpoint which had been back for a while, but was not trusted yet. */
  withheld: number;
  /** Messages that firewalls refused; they are among the broadcasts. */
  poisoned: number;
  bursts: number;
  /** How the sends of bursts ended, at all endpoints together. */
  readonly burstEnds: Record<string, number>;
  /** Of the redis that the store of a pair of app servers is in. */
  failovers: number;
  /** Answered by such pairs. */
  agreedNegotiates: number;
}

export interface ChaosResult extends Readonly<Counts> {
  readonly seed: number;
  readonly cycles: number;
  readonly durationInMs: number;
  readonly isRedisInstalled: boolean;
  readonly violations: readonly Violation[];
  readonly measurements: Measurements;
  /** After each scene, in MiB. */
  readonly memory: readonly number[];
  readonly memoryGrowthInMib: number | undefined;
  /** How long this process was held up at most; such a machine can spoil every figure. */
  readonly longestStallInMs: number;
}

const STALE_BOUNDS: StaleBounds = { crash: 1000, blackhole: 2500, identity: 1000 };
const NEWCOMER: Traffic = { negotiateEveryInMs: 20, broadcastEveryInMs: 100 };
const VETERAN: Traffic = { negotiateEveryInMs: 50, broadcastEveryInMs: 250 };
const BURST = 1000;
const PORTS = 128;
const RETURN_IN_MS = 4000;
const RESTORE_IN_MS = 5000;
const SETTLE_IN_MS = 1000;
const DELIVERY_IN_MS = 300;
const GRACE_IN_MS = 3000;

/**
 * Breaks and heals emulated regions, as the seed has it, and does at the same time what is no fault of
 * theirs, under the traffic of two app servers: one that lives through the whole run, and one that is
 * new in every scene.
 */
export async function runChaos(options: ChaosOptions): Promise<ChaosResult> {
  const run = new ChaosRun(options);
  const refuse = (reason: unknown): void => run.blame(`unhandled rejection: ${String(reason)}`);
  const warned = (warning: Error): void => run.blame(`process warning: ${String(warning)}`);
  process.on("unhandledRejection", refuse).on("warning", warned);
  try {
    return await run.toTheEnd();
  } finally {
    process.off("unhandledRejection", refuse).off("warning", warned);
  }
}

/** The app servers of a scene that something is done with. */
interface Cast {
  readonly newcomer: AppServer;
  readonly crowd: AppServer | undefined;
}

class ChaosRun {
  readonly #options: ChaosOptions;
  readonly #violations: Violation[] = [];
  readonly #measurements = noMeasurements();
  readonly #memory: number[] = [];
  readonly #regions = new Map<RegionName, Region>();
  /** What pairs have agreed on, by the epoch: their store outlives them. */
  readonly #agreements = new Map<number, string>();
  readonly #random;
  readonly #counts: Counts = {
    negotiates: 0,
    broadcasts: 0,
    withheld: 0,
    poisoned: 0,
    bursts: 0,
    burstEnds: {},
    failovers: 0,
    agreedNegotiates: 0,
  };
  #redis: RedisPair | undefined;
  #cycle = 0;

  constructor(options: ChaosOptions) {
    this.#options = options;
    this.#random = createRandomSource(options.seed + 1);
  }

  blame(what: string): void {
    this.#violations.push({ cycle: this.#cycle, what });
  }

  async toTheEnd(): Promise<ChaosResult> {
    const { seed, cycles, onProgress } = this.#options;
    const startedAt = performance.now();
    const stalls = monitorEventLoopDelay();
    stalls.enable();
    const plan = drawPlan(seed, cycles);
    for (const name of REGIONS)
      this.#regions.set(name, await Region.start(name, name === plan.byCredential));
    if (isRedisInstalled) this.#redis = await RedisPair.start();
    const veteran = await this.#startServer("veteran", {
      order: REGIONS,
      primaries: 1,
      schedule: "*/5 * * * * *",
    });
    try {
      for (const [index, scene] of plan.scenes.entries()) {
        await this.#play(scene, veteran, `newcomer ${index + 1}`, plan);
        this.#memory.push(await memoryInUse());
        onProgress?.(this.#cycle, this.#violations);
      }
    } finally {
      await veteran.close();
      await this.#redis?.close();
      for (const region of this.#regions.values()) await region.close();
      stalls.disable();
    }
    const memoryGrowthInMib = growthOf(this.#memory);
    if (!isFlat(memoryGrowthInMib)) this.blame("memory keeps growing");
    return {
      ...this.#counts,
      seed,
      cycles,
      durationInMs: performance.now() - startedAt,
      isRedisInstalled,
      violations: this.#violations,
      measurements: this.#measurements,
      memory: this.#memory,
      memoryGrowthInMib,
      longestStallInMs: stalls.max / 1e6,
    };
  }

  async #play(scene: Scene, veteran: AppServer, name: string, plan: Plan): Promise<void> {
    const startedAt = performance.now();
    const pair = await this.#startPair(scene, plan);
    const newcomer = await this.#startServer(name, scene);
    const crowd = await this.#startCrowd(scene);
    pair?.receive();
    newcomer.receive(NEWCOMER);
    veteran.receive(VETERAN);
    await Promise.all([
      ...scene.lanes.map((lane) => this.#playLane({ newcomer, crowd }, lane)),
      pair && playFailover(pair, scene),
    ]);
    await pair?.move(RESTORE_IN_MS);
    // The veteran sees as well that the regions are back.
    await delay(SETTLE_IN_MS);
    await Promise.all([newcomer.quieten(), veteran.quieten(), pair?.quieten()]);
    await delay(DELIVERY_IN_MS);
    const servers = [newcomer, veteran, ...(crowd ? [crowd] : [])];
    this.#judge(servers, plan.spared);
    if (pair) this.#judgePair(pair);
    measure(this.#measurements, newcomer, this.#regions);
    const spared = this.#regions.get(plan.spared);
    const isHeard = spared?.isListenedToThroughout(startedAt, performance.now());
    if (!isHeard) this.blame(`the client on ${plan.spared} lost its connection, though it was up`);
    await Promise.all([newcomer.close(), crowd?.close(), pair?.close()]);
    veteran.forget();
    for (const region of this.#regions.values()) region.forget();
  }

  async #playLane(cast: Cast, { region, cycles }: Scene["lanes"][number]): Promise<void> {
    let last: Cycle | undefined;
    for (const cycle of cycles) {
      if (cycle.waitsForReturn) await waitForReturn(cast.newcomer, region, last);
      await delay(cycle.restInMs);
      this.#cycle = Math.max(this.#cycle, cycle.number);
      await this.#playCycle(cast, region, cycle);
      last = cycle;
    }
    await waitForReturn(cast.newcomer, region, last);
  }

  async #playCycle({ crowd }: Cast, name: RegionName, cycle: Cycle): Promise<void> {
    const { kind, holdInMs } = cycle;
    if (kind === "burst") await crowd?.burst(BURST, holdInMs);
    else await this.#regions.get(name)?.outage({ ...cycle, kind }, () => delay(holdInMs));
  }

  /**
   * Whoever sends so much at once makes its other calls to that region wait. So bursts have a server
   * of their own, which knows no other region, and the rest must not notice.
   */
  async #startCrowd({ lanes }: Scene): Promise<AppServer | undefined> {
    const lane = lanes.find(({ cycles }) => cycles.some(({ kind }) => kind === "burst"));
    if (lane === undefined) return undefined;
    const order = [lane.region];
    return this.#startServer("crowd", {
      order,
      primaries: 1,
      schedule: "* * * * * *",
      ports: PORTS,
    });
  }

  /** On the regions that are given by key: whoever has agreed on one without tokens has none to give. */
  async #startPair({ failover }: Scene, { byCredential }: Plan): Promise<Pair | undefined> {
    if (this.#redis === undefined || failover === undefined) return undefined;
    const regions = [...this.#regions.values()].filter(({ name }) => name !== byCredential);
    return Pair.start(regions, this.#redis);
  }

  #judge(servers: readonly AppServer[], spared: RegionName): void {
    const { staleBounds = STALE_BOUNDS } = this.#options;
    const expectations = { staleBounds, spared, until: performance.now() };
    for (const server of servers) {
      this.#violations.push(...violationsOf(server, this.#regions, expectations));
      this.#count(server);
    }
  }

  #count(server: AppServer): void {
    const counts = this.#counts;
    counts.negotiates += server.answers.length;
    counts.broadcasts += server.broadcasts.length;
    counts.poisoned += server.broadcasts.filter(({ poison }) => poison !== undefined).length;
    counts.withheld += countWithheld(server, this.#regions, GRACE_IN_MS);
    counts.bursts += server.bursts.length;
    for (const [end, count] of server.bursts.flatMap(({ tallies }) =>
      [...tallies.values()].flatMap(Object.entries<number>),
    ))
      counts.burstEnds[end] = (counts.burstEnds[end] ?? 0) + count;
  }

  #judgePair(pair: Pair): void {
    const expectations = {
      restoreInMs: RESTORE_IN_MS,
      until: performance.now(),
      agreements: this.#agreements,
    };
    for (const what of violationsOfPair(pair, expectations)) this.blame(what);
    this.#counts.failovers += pair.failovers.length;
    for (const { answers } of pair.members) this.#counts.agreedNegotiates += answers.length;
  }

  #startServer(name: string, settings: Settings) {
    return AppServer.start(name, settings, this.#regions, this.#random);
  }
}

async function playFailover(pair: Pair, { failover }: Scene): Promise<void> {
  if (failover === undefined) return;
  await delay(failover.afterInMs);
  await pair.failOver(failover, () => delay(failover.awayInMs));
}

/** Until the region is used again, or has been given the time that it takes after such a cycle. */
async function waitForReturn(
  server: AppServer,
  region: RegionName,
  after: Cycle | undefined,
): Promise<void> {
  const atMostInMs = after?.kind === "identity" ? EJECTION_IN_MS : RETURN_IN_MS;
  const giveUpAt = performance.now() + atMostInMs;
  while (!server.isUsing(region) && performance.now() < giveUpAt) await delay(20);
}
