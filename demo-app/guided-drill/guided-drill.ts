import type { Environment } from "../contract/environment.ts";
import type { DrillView } from "../contract/live.ts";
import { DrillRun } from "./drill-run.ts";

export interface GuidedDrillOptions {
  /** How long each of the three figures stays as it is, for whoever looks at it. Default 3000. */
  readonly lingerInMs?: number;
}

const LINGER_IN_MS = 3000;

/** The documented failover sequence, run in an environment, step by step. */
export class GuidedDrill {
  readonly #environment: Environment;
  readonly #lingerInMs: number;
  readonly #listeners = new Set<() => void>();
  #run: DrillRun | undefined;

  constructor(environment: Environment, { lingerInMs = LINGER_IN_MS }: GuidedDrillOptions = {}) {
    this.#environment = environment;
    this.#lingerInMs = lingerInMs;
  }

  /** Of the last run, also when it has ended; null before the first. */
  get view(): DrillView | null {
    return this.#run?.view ?? null;
  }

  /** @returns What ends that. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Nothing happens when it is running already. */
  start(): void {
    if (this.view?.state === "running") return;
    this.#run = new DrillRun(this.#environment, this.#lingerInMs, () => this.#notify());
    this.#run.start();
  }

  /** Ends it where it is, heals what it has broken, and resolves once all that is done. */
  async stop(): Promise<void> {
    await this.#run?.stop();
  }

  #notify(): void {
    for (const listener of [...this.#listeners]) listener();
  }
}
