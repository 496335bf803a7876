import { monitorEventLoopDelay } from "node:perf_hooks";
import { setTimeout as delay } from "node:timers/promises";
import { AppServer, type Traffic } from "./app-server.ts";
import { type Measurements, measure, noMeasurements } from "./measurement.ts";
import { growthOf, isFlat, memoryInUse } from "./memory.ts";
import { type Cycle, drawPlan, REGIONS, type RegionName, type Scene } from "./plan.ts";
import { createRandomSource } from "./random-source.ts";
import { Region } from "./region.ts";
import { countWithheld, type StaleBounds, type Violation, violationsOf } from "./verdict.ts";

export interface ChaosOptions {
  readonly seed: number;
  readonly cycles: number;
  readonly staleBounds?: StaleBounds;
  /** Told after every scene of all violations so far. */
  readonly onProgress?: (cyclesDone: number, violations: readonly Violation[]) => void;
}

export interface ChaosResult {
  readonly seed: number;
  readonly cycles: number;
  readonly durationInMs: number;
  readonly negotiates: number;
  readonly broadcasts: number;
  /** Messages that skipped an endpoint which had been back for a while, but was not trusted yet. */
  readonly withheld: number;
  readonly violations: readonly Violation[];
  readonly measurements: Measurements;
  /** After each scene, in MiB. */
  readonly memory: readonly number[];
  readonly memoryGrowthInMib: number | undefined;
  /** How long this process was held up at most; such a machine can spoil every figure. */
  readonly longestStallInMs: number;
}

const STALE_BOUNDS: StaleBounds = { crash: 1000, blackhole: 2500 };
const NEWCOMER: Traffic = { negotiateEveryInMs: 20, broadcastEveryInMs: 100 };
const VETERAN: Traffic = { negotiateEveryInMs: 50, broadcastEveryInMs: 250 };
const RETURN_IN_MS = 4000;
const SETTLE_IN_MS = 1000;
const DELIVERY_IN_MS = 300;
const GRACE_IN_MS = 3000;

/**
 * Breaks and heals emulated regions, as the seed has it, under the traffic of two app servers: one
 * that lives through the whole run, and one that is new in every scene.
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

class ChaosRun {
  readonly #options: ChaosOptions;
  readonly #violations: Violation[] = [];
  readonly #measurements = noMeasurements();
  readonly #memory: number[] = [];
  readonly #regions = new Map<RegionName, Region>();
  readonly #random;
  #cycle = 0;
  #negotiates = 0;
  #broadcasts = 0;
  #withheld = 0;

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
    const { spared, scenes } = drawPlan(seed, cycles);
    for (const name of REGIONS) this.#regions.set(name, await Region.start(name));
    const veteranSettings = { order: REGIONS, primaries: 1, schedule: "*/5 * * * * *" } as const;
    const veteran = await this.#startServer("veteran", veteranSettings);
    try {
      for (const [index, scene] of scenes.entries()) {
        await this.#play(scene, veteran, `newcomer ${index + 1}`, spared);
        this.#memory.push(await memoryInUse());
        onProgress?.(this.#cycle, this.#violations);
      }
    } finally {
      await veteran.close();
      for (const region of this.#regions.values()) await region.close();
      stalls.disable();
    }
    const memoryGrowthInMib = growthOf(this.#memory);
    if (!isFlat(memoryGrowthInMib)) this.blame("memory keeps growing");
    return {
      seed,
      cycles,
      durationInMs: performance.now() - startedAt,
      negotiates: this.#negotiates,
      broadcasts: this.#broadcasts,
      withheld: this.#withheld,
      violations: this.#violations,
      measurements: this.#measurements,
      memory: this.#memory,
      memoryGrowthInMib,
      longestStallInMs: stalls.max / 1e6,
    };
  }

  async #play(scene: Scene, veteran: AppServer, name: string, spared: RegionName): Promise<void> {
    const startedAt = performance.now();
    const newcomer = await this.#startServer(name, scene);
    newcomer.receive(NEWCOMER);
    veteran.receive(VETERAN);
    await Promise.all(
      scene.lanes.map(async ({ region, cycles }) => {
        for (const cycle of cycles) await this.#breakAndHeal(newcomer, region, cycle);
        await waitFor(() => newcomer.isUsing(region), RETURN_IN_MS);
      }),
    );
    // The veteran sees as well that the regions are back.
    await delay(SETTLE_IN_MS);
    await Promise.all([newcomer.quieten(), veteran.quieten()]);
    await delay(DELIVERY_IN_MS);
    this.#judge([newcomer, veteran], spared);
    measure(this.#measurements, newcomer, this.#regions);
    const isHeard = this.#regions.get(spared)?.isListenedToThroughout(startedAt, performance.now());
    if (!isHeard) this.blame(`the client on ${spared} lost its connection, though it was up`);
    await newcomer.close();
    veteran.forget();
    for (const region of this.#regions.values()) region.forget();
  }

  async #breakAndHeal(server: AppServer, name: RegionName, cycle: Cycle): Promise<void> {
    if (cycle.waitsForReturn) await waitFor(() => server.isUsing(name), RETURN_IN_MS);
    await delay(cycle.restInMs);
    this.#cycle = Math.max(this.#cycle, cycle.number);
    await this.#regions.get(name)?.outage(cycle.number, cycle.kind, () => delay(cycle.holdInMs));
  }

  #judge(servers: readonly AppServer[], spared: RegionName): void {
    const { staleBounds = STALE_BOUNDS } = this.#options;
    for (const server of servers) {
      this.#violations.push(...violationsOf(server, this.#regions, { staleBounds, spared }));
      this.#negotiates += server.answers.length;
      this.#broadcasts += server.broadcasts.length;
      this.#withheld += countWithheld(server, this.#regions, GRACE_IN_MS);
    }
  }

  #startServer(name: string, settings: Pick<Scene, "order" | "primaries" | "schedule">) {
    return AppServer.start(name, settings, this.#regions, this.#random);
  }
}

async function waitFor(condition: () => boolean, atMostInMs: number): Promise<void> {
  const giveUpAt = performance.now() + atMostInMs;
  while (!condition() && performance.now() < giveUpAt) await delay(20);
}
