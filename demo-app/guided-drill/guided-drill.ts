import type { DrillView } from "../shared/live.ts";
import type { Stage } from "../stage.ts";
import { Run } from "./run.ts";

/** The documented failover sequence as a performance on a stage, for whoever watches. */
export class GuidedDrill {
  readonly #stage: Stage;
  readonly #listeners = new Set<() => void>();
  #run: Run | undefined;

  constructor(stage: Stage) {
    this.#stage = stage;
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
    this.#run = new Run(this.#stage, () => this.#tell());
    this.#run.begin();
  }

  /** Ends it where it is, heals what it has broken, and resolves once all that is done. */
  async stop(): Promise<void> {
    await this.#run?.stop();
  }

  #tell(): void {
    for (const listener of [...this.#listeners]) listener();
  }
}
