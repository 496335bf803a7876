import type { Environment } from "../contract/environment.ts";
import type { DrillView } from "../contract/live.ts";
import { messageOf } from "../kit/message-of.ts";
import { MissedStepError } from "../kit/missed-step-error.ts";
import { runSequence } from "./drill-sequence.ts";
import { type DrillParameters, drillParametersOf } from "./execution/drill-parameters.ts";
import { EnvironmentChanges } from "./execution/environment-changes.ts";
import { StepExecution, StoppedError } from "./execution/step-execution.ts";
import { Progress } from "./progress.ts";
import { reportOf } from "./report.ts";
import { type StepDefinition, type StepId, stepDefinitionsOf } from "./step-definitions.ts";

const NO_PARAMETERS: DrillParameters = {
  mode: "emulated",
  primary: "?",
  secondary: "?",
  negotiatesPerSecond: 0,
  broadcastEveryInMs: 0,
};

/** One run of the drill. */
export class DrillRun {
  readonly #environment: Environment;
  readonly #parameters: DrillParameters | null;
  readonly #definitions: readonly StepDefinition[];
  readonly #changes: EnvironmentChanges;
  readonly #progress: Progress;
  readonly #interruption = new AbortController();
  readonly #startedAt = new Date();
  readonly #lingerInMs: number;
  #mended: readonly string[] = [];
  #clients: number;
  #ended: Promise<void> = Promise.resolve();

  constructor(environment: Environment, lingerInMs: number, notify: () => void) {
    this.#environment = environment;
    this.#parameters = drillParametersOf(environment.view);
    this.#definitions = stepDefinitionsOf(this.#parameters ?? NO_PARAMETERS);
    this.#lingerInMs = lingerInMs;
    this.#changes = new EnvironmentChanges(environment);
    this.#clients = this.#changes.clients;
    this.#progress = new Progress(this.#definitions, notify);
  }

  get view(): DrillView {
    return this.#progress.view;
  }

  start(): void {
    this.#ended = this.#run();
  }

  async stop(): Promise<void> {
    this.#interruption.abort();
    await this.#ended;
  }

  async #run(): Promise<void> {
    const state = await this.#runSequence();
    const problems = await this.#changes.undo();
    const record = {
      state: state === "passed" && problems.length > 0 ? ("failed" as const) : state,
      parameters: this.#parameters ?? NO_PARAMETERS,
      regions: this.#environment.view.servers.map(({ region }) => region),
      clients: this.#clients,
      startedAt: this.#startedAt,
      steps: this.view.steps,
      mended: this.#mended,
      problems,
    };
    this.#progress.end(record.state, reportOf(record));
  }

  async #runSequence(): Promise<DrillView["state"]> {
    const { signal } = this.#interruption;
    try {
      const context = {
        environment: this.#environment,
        parameters: this.#requireParameters(),
        changes: this.#changes,
      };
      await runSequence(context, (id, step) => this.#runStep(id, step), {
        lingerInMs: this.#lingerInMs,
        onMended: (mended) => {
          this.#mended = mended;
          this.#clients = this.#changes.clients;
        },
      });
      return signal.aborted ? "stopped" : "passed";
    } catch (error) {
      return error instanceof StoppedError ? "stopped" : "failed";
    }
  }

  async #runStep<T>(id: StepId, step: (execution: StepExecution) => Promise<T>): Promise<T> {
    const deadlineInMs = this.#definitions.find((step) => step.id === id)?.deadlineInMs ?? 0;
    this.#progress.begin(id);
    try {
      const outcome = await step(
        new StepExecution({
          deadlineInMs,
          signal: this.#interruption.signal,
          disturbance: () => this.#changes.disturbance,
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

  #requireParameters(): DrillParameters {
    if (this.#parameters) return this.#parameters;
    const reason = "A failover takes two regions, each with an app server.";
    this.#progress.fail("order", reason);
    throw new MissedStepError(reason);
  }
}
