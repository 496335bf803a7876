import { setTimeout as delay } from "node:timers/promises";
import { type Emulator, type Fault, startEmulator } from "express-resilient-pubsub/emulator";
import { Agent, fetch } from "undici";
import { ChildProgram } from "../../demo-app/processes/program.ts";
import {
  REGIONS,
  type RegionName,
  type ServerReport,
  type ServerSettings,
} from "./process-messages.ts";
import type { SoakFigures } from "./verdict.ts";

interface SoakOptions {
  readonly minutes: number;
  /** Told each minute, with the last report of the app server. */
  readonly onProgress?: (minute: number, report: ServerReport) => void;
}

const NEGOTIATE_EVERY_IN_MS = 1000 / 300;
const BROADCAST_EVERY_IN_MS = 1000 / 50;
const FAULT_IN_MS = 4000;
/** After a fault the other region must not fail before the first is back; one that flaps is kept out for a minute. */
const RETURN_IN_MS = 75_000;
const SETTLE_IN_MS = 1500;

const FAULTS: readonly Fault[] = [
  { kind: "crash" },
  { kind: "blackhole" },
  { kind: "unhealthy", status: 503 },
  { kind: "gray" },
  { kind: "latency", delayInMs: 300, jitterInMs: 200 },
  { kind: "throttle", retryAfterInSeconds: 1 },
  { kind: "accessDenied" },
  { kind: "blackhole", requestTypes: ["RESTAPI"] },
];

/** One app server under load, whose regions fail one at a time, each in every way. */
export async function runSoak({ minutes, onProgress }: SoakOptions): Promise<SoakFigures> {
  const emulators = { east: await startEmulator(), west: await startEmulator() };
  const settings: ServerSettings = {
    connectionStrings: {
      east: emulators.east.connectionString,
      west: emulators.west.connectionString,
    },
    broadcastEveryInMs: BROADCAST_EVERY_IN_MS,
  };
  const server = new ChildProgram<ServerReport>("test/soak/app-server-program.ts", settings);
  try {
    const { port } = await server.firstMessage(() => true);
    return await new SoakRun(emulators, server, port).during(minutes, onProgress);
  } finally {
    await server.close();
    await Promise.all(REGIONS.map((name) => emulators[name].close()));
  }
}

class SoakRun {
  readonly #emulators: Readonly<Record<RegionName, Emulator>>;
  readonly #server: ChildProgram<ServerReport>;
  readonly #url: string;
  readonly #agent = new Agent({ connections: 64 });
  readonly #failedNegotiates: Record<string, number> = {};
  readonly #faults: Record<string, number> = {};
  readonly #missed: Record<RegionName, number> = { east: 0, west: 0 };
  readonly #rssInMib: number[] = [];
  readonly #underWay = new Set<Promise<void>>();
  #negotiates = 0;
  #isOver = false;

  constructor(
    emulators: Readonly<Record<RegionName, Emulator>>,
    server: ChildProgram<ServerReport>,
    port: number,
  ) {
    this.#emulators = emulators;
    this.#server = server;
    this.#url = `http://127.0.0.1:${port}/negotiate`;
  }

  async during(minutes: number, onProgress: SoakOptions["onProgress"]): Promise<SoakFigures> {
    const sampling = setInterval(() => this.#rssInMib.push(this.#last().rssInMib), 1000);
    let minute = 0;
    const telling = setInterval(() => onProgress?.(++minute, this.#last()), 60_000);
    const breaking = this.#breakInTurn();
    const asking = this.#negotiateAll();
    await delay(minutes * 60_000);
    this.#isOver = true;
    await Promise.all([breaking, asking]);
    await Promise.all(this.#underWay);
    clearInterval(sampling);
    clearInterval(telling);
    await this.#agent.close();
    return {
      negotiates: this.#negotiates,
      failedNegotiates: this.#failedNegotiates,
      missed: this.#missed,
      faults: this.#faults,
      last: this.#last(),
      rssInMib: this.#rssInMib,
    };
  }

  #last(): ServerReport {
    return this.#server.messages.entries.at(-1) as ServerReport;
  }

  /** So many a second on average, also when the timers of this busy process are late. */
  async #negotiateAll(): Promise<void> {
    const startedAt = performance.now();
    while (!this.#isOver) {
      const due = Math.floor((performance.now() - startedAt) / NEGOTIATE_EVERY_IN_MS);
      for (; this.#negotiates < due; this.#negotiates += 1) this.#track(this.#negotiate());
      await delay(5);
    }
  }

  async #negotiate(): Promise<void> {
    try {
      const response = await fetch(this.#url, { dispatcher: this.#agent });
      await response.arrayBuffer();
      if (!response.ok) this.#blame(`status ${response.status}`);
    } catch (error) {
      this.#blame(String((error as Error).cause ?? error));
    }
  }

  #blame(why: string): void {
    this.#failedNegotiates[why] = (this.#failedNegotiates[why] ?? 0) + 1;
  }

  async #breakInTurn(): Promise<void> {
    for (let turn = 0; !this.#isOver; turn += 1) {
      const fault = FAULTS[Math.floor(turn / 2) % FAULTS.length] as Fault;
      const [broken, spared] = turn % 2 === 0 ? REGIONS : ([...REGIONS].reverse() as RegionName[]);
      await this.#breakFor(fault, broken as RegionName, spared as RegionName);
    }
  }

  async #breakFor(fault: Fault, broken: RegionName, spared: RegionName): Promise<void> {
    const before = this.#last().undelivered[spared];
    await this.#emulators[broken].inject(fault);
    await delay(FAULT_IN_MS);
    await this.#emulators[broken].clear();
    // What hung ends only now, and may take the region out after its fault.
    await delay(SETTLE_IN_MS);
    await this.#returnOf(broken);
    await delay(SETTLE_IN_MS);
    this.#missed[spared] += this.#last().undelivered[spared] - before;
    this.#faults[fault.kind] = (this.#faults[fault.kind] ?? 0) + 1;
  }

  async #returnOf(region: RegionName): Promise<void> {
    const giveUpAt = performance.now() + RETURN_IN_MS;
    const isBack = (): boolean => this.#last().healthy.includes(region);
    while (!isBack() && !this.#isOver && performance.now() < giveUpAt) await delay(100);
  }

  #track(task: Promise<void>): void {
    const tracked = task.finally(() => this.#underWay.delete(tracked));
    this.#underWay.add(tracked);
  }
}
