import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { OpenResources } from "../../demo-app/kit/open-all.ts";
import { pause } from "../../demo-app/kit/pause.ts";
import { createRandomSource } from "../support/random-source.ts";
import type { NemesisArguments } from "./arguments.ts";
import { drawStorm } from "./faults/plan.ts";
import { playStorm } from "./faults/play-storm.ts";
import { STORIES } from "./faults/stories.ts";
import { boundsOf } from "./judge/bounds.ts";
import { type Judgement, judge } from "./judge/judge.ts";
import { LiveView } from "./live-view.ts";
import { Members } from "./members.ts";
import { Network } from "./network/network.ts";
import { Observer } from "./observer.ts";
import { Guardian } from "./processes/guardian.ts";
import type { ProcessContext } from "./processes/member-process.ts";
import { type Entry, now, type Settings } from "./recording/entry.ts";
import { readRecording } from "./recording/read-recording.ts";
import { Recorder } from "./recording/recorder.ts";
import { startAzuriteCluster } from "./stores/azurite-cluster.ts";
import { startRedisCluster } from "./stores/redis-cluster.ts";
import type { Side, StoreCluster } from "./stores/store-cluster.ts";
import { World } from "./world.ts";

export interface NemesisResult extends Judgement {
  readonly settings: Settings;
  /** Where the recording is; undefined when nothing was wrong, and nobody needs it. */
  readonly folder: string | undefined;
}

export interface NemesisOptions extends Omit<NemesisArguments, "json"> {
  readonly signal: AbortSignal;
  readonly onProgress?: (line: string) => void;
}

const LONGEST_PAUSE_OF_CLIENTS_IN_MS = 2000;
const STABLE_FOR_MS = 1000;

/** Breaks everything that servers, clients and endpoints live on, and judges by what they recorded. */
export async function runNemesis(options: NemesisOptions): Promise<NemesisResult> {
  const folder = await mkdtemp(path.join(tmpdir(), "nemesis-"));
  const settings = settingsOf(options);
  const opened = new OpenResources();
  try {
    const run = await NemesisRun.start(options, settings, folder, opened);
    const playing = run.play();
    // Ctrl-C ends the servers of the store as well: nobody waits for what is asked of them then.
    await Promise.race([playing, untilAborted(options.signal)]);
    playing.catch(() => {});
  } finally {
    await opened.close();
  }
  const judgement = judge(readRecording(folder));
  const isFine = judgement.violations.length === 0;
  if (isFine) await rm(folder, { recursive: true });
  return { settings, ...judgement, folder: isFine ? undefined : folder };
}

function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve()));
}

function settingsOf(options: NemesisOptions): Settings {
  const { seed, store, pollInMs, leaseInMs, servers, endpoints, clients } = options;
  const named = (letter: string, count: number): string[] =>
    Array.from({ length: count }, (_, index) => `${letter}${index + 1}`);
  return {
    seed,
    store,
    pollInMs,
    leaseInMs,
    servers: named("s", servers),
    endpoints: named("e", endpoints),
    clients: named("c", clients),
    clientSilenceInMs: leaseInMs + 1000,
    clientPauseInMs: LONGEST_PAUSE_OF_CLIENTS_IN_MS,
  };
}

class NemesisRun {
  readonly #options: NemesisOptions;
  readonly #settings: Settings;
  readonly #recorder: Recorder;
  readonly #world: World;
  readonly #view: LiveView;

  private constructor(
    options: NemesisOptions,
    settings: Settings,
    recorder: Recorder,
    view: LiveView,
    world: World,
  ) {
    this.#options = options;
    this.#settings = settings;
    this.#recorder = recorder;
    this.#view = view;
    this.#world = world;
  }

  static async start(
    options: NemesisOptions,
    settings: Settings,
    folder: string,
    opened: OpenResources,
  ): Promise<NemesisRun> {
    const view = new LiveView();
    const recorder = opened.add(new Recorder(folder, "conductor", (entry) => view.take(entry)));
    recorder.record({ kind: "settings", settings });
    const guardian = opened.add(new Guardian());
    const context: ProcessContext = {
      recorder,
      guardian,
      onEntry: (entry: Entry) => view.take(entry),
    };
    const store = opened.add(await startStore(settings, guardian));
    const network = opened.add(new Network(recorder));
    const sides = new Map<string, Side>();
    const parts = new Members(settings, folder, context, network, store, sides, opened);
    const endpoints = await parts.startEndpoints();
    const { servers, ports } = await parts.startServers();
    const observer = new Observer(recorder, ports);
    opened.add(observer);
    await parts.startClients();
    const world = new World({
      settings,
      recorder,
      network,
      store,
      servers,
      endpoints,
      view,
      sides,
    });
    return new NemesisRun(options, settings, recorder, view, world);
  }

  async play(): Promise<void> {
    const { stories, signal } = this.#options;
    signal.addEventListener("abort", () => this.#recorder.record({ kind: "over" }));
    await this.#quieten("start");
    await this.#playStories(stories.filter((name) => !STORIES[name]?.losesData));
    await this.#playStorms();
    await this.#playStories(stories.filter((name) => STORIES[name]?.losesData));
    this.#recorder.record({ kind: "over" });
  }

  async #playStories(names: readonly string[]): Promise<void> {
    const { signal } = this.#options;
    for (const name of names) {
      if (signal.aborted) return;
      this.#begin(name);
      await STORIES[name]?.play(this.#world, signal);
      await this.#quieten(name);
    }
  }

  async #playStorms(): Promise<void> {
    const { minutes, seed, store, leaseInMs, signal } = this.#options;
    const random = createRandomSource(seed);
    const startedAt = now();
    const partGone = (): number => (now() - startedAt) / (minutes * 60_000);
    for (let number = 1; partGone() < 1 && !signal.aborted; number += 1) {
      const name = `storm ${number}`;
      this.#begin(name);
      // More is promised as long as nothing was lost, and that has to be tried for a while.
      const mayLoseData = partGone() > 0.5;
      const storm = drawStorm(random, { leaseInMs, hasReplica: store === "redis", mayLoseData });
      await playStorm(this.#world, this.#recorder, storm, signal);
      await this.#quieten(name);
    }
  }

  #begin(name: string): void {
    this.#recorder.record({ kind: "storm", name });
  }

  /** Mends everything, and waits until all is well again, or for as long as that may take. */
  async #quieten(name: string): Promise<void> {
    const { servers, clients } = this.#settings;
    const { signal, onProgress } = this.#options;
    if (signal.aborted) return;
    await this.#world.mend();
    this.#recorder.record({ kind: "quiet", name });
    const since = now();
    const giveUpAt = since + boundsOf(this.#settings).quietInMs;
    let settledAt = Number.POSITIVE_INFINITY;
    while (now() < giveUpAt && now() - settledAt < STABLE_FOR_MS && !signal.aborted) {
      await pause(50, signal);
      const isSettled = this.#view.isSettled(since, servers, clients);
      settledAt = isSettled ? Math.min(settledAt, now()) : Number.POSITIVE_INFINITY;
    }
    if (signal.aborted) return;
    this.#recorder.record({ kind: "quiet-over", name });
    const tookInMs = Math.round(settledAt - since);
    onProgress?.(
      `${name}: ${tookInMs === Infinity ? "NOT well again" : `well again after ${tookInMs} ms`}`,
    );
  }
}

function startStore({ store }: Settings, guardian: Guardian): Promise<StoreCluster> {
  return store === "redis" ? startRedisCluster(guardian) : startAzuriteCluster(guardian);
}
