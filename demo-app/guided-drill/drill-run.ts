import type { Environment } from "../contract/environment.ts";
import type { DrillView } from "../contract/live.ts";
import { messageOf } from "../kit/message-of.ts";
import { MissedStepError } from "../kit/missed-step-error.ts";
import { rehearse } from "./drill-sequence.ts";
import { type Scene, sceneOf } from "./execution/drill-parameters.ts";
import { Setup } from "./execution/environment-changes.ts";
import { Attempt, StoppedError } from "./execution/step-execution.ts";
import { Progress } from "./progress.ts";
import { reportOf } from "./report.ts";
import { type StepId, type StepScript, scriptOf } from "./step-definitions.ts";

const NOWHERE: Scene = { mode: "emulated", primary: "?", secondary: "?", negotiatesPerSecond: 0 };

/** One performance of the drill. */
export class Run {
  readonly #environment: Environment;
  readonly #scene: Scene | null;
  readonly #script: readonly StepScript[];
  readonly #setup: Setup;
  readonly #progress: Progress;
  readonly #interruption = new AbortController();
  readonly #startedAt = new Date();
  readonly #lingerInMs: number;
  #mended: readonly string[] = [];
  #clients: number;
  #ended: Promise<void> = Promise.resolve();

  constructor(environment: Environment, lingerInMs: number, tell: () => void) {
    this.#environment = environment;
    this.#scene = sceneOf(environment.view);
    this.#script = scriptOf(this.#scene ?? NOWHERE);
    this.#lingerInMs = lingerInMs;
    this.#setup = new Setup(environment);
    this.#clients = this.#setup.clients;
    this.#progress = new Progress(this.#script, tell);
  }

  get view(): DrillView {
    return this.#progress.view;
  }

  begin(): void {
    this.#ended = this.#perform();
  }

  async stop(): Promise<void> {
    this.#interruption.abort();
    await this.#ended;
  }

  async #perform(): Promise<void> {
    const state = await this.#rehearse();
    const problems = await this.#setup.putBack();
    const record = {
      state: state === "passed" && problems.length > 0 ? ("failed" as const) : state,
      scene: this.#scene ?? NOWHERE,
      regions: this.#environment.view.servers.map(({ region }) => region),
      clients: this.#clients,
      startedAt: this.#startedAt,
      steps: this.view.steps,
      mended: this.#mended,
      problems,
    };
    this.#progress.end(record.state, reportOf(record));
  }

  async #rehearse(): Promise<DrillView["state"]> {
    const { signal } = this.#interruption;
    try {
      const cast = {
        environment: this.#environment,
        scene: this.#requireScene(),
        setup: this.#setup,
      };
      await rehearse(cast, (id, act) => this.#play(id, act), {
        lingerInMs: this.#lingerInMs,
        hearMended: (mended) => {
          this.#mended = mended;
          this.#clients = this.#setup.clients;
        },
      });
      return signal.aborted ? "stopped" : "passed";
    } catch (error) {
      return error instanceof StoppedError ? "stopped" : "failed";
    }
  }

  async #play<T>(id: StepId, act: (attempt: Attempt) => Promise<T>): Promise<T> {
    const deadlineInMs = this.#script.find((step) => step.id === id)?.deadlineInMs ?? 0;
    this.#progress.begin(id);
    try {
      const outcome = await act(
        new Attempt({
          deadlineInMs,
          signal: this.#interruption.signal,
          disturbance: () => this.#setup.disturbance,
          measure: (figures) => this.#progress.measure(id, figures),
        }),
      );
      this.#progress.finish(id);
      return outcome;
    } catch (error) {
      if (error instanceof StoppedError) this.#progress.abandon(id);
      else this.#progress.fail(id, messageOf(error));
      throw error;
    }
  }

  #requireScene(): Scene {
    if (this.#scene) return this.#scene;
    const reason = "A failover takes two regions, each with an app server.";
    this.#progress.fail("order", reason);
    throw new MissedStepError(reason);
  }
}
