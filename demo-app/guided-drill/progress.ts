import type { DrillStepView, DrillView, Measured } from "../contract/live.ts";
import { resultLineOf } from "./result-line.ts";
import type { StepDefinition, StepId } from "./step-definitions.ts";

/** What the drill has done so far; each change makes a new view. */
export class Progress {
  readonly #notify: () => void;
  #view: DrillView;

  constructor(definitions: readonly StepDefinition[], notify: () => void) {
    this.#notify = notify;
    this.#view = {
      state: "running",
      steps: definitions.map(waiting),
      result: null,
      markdown: null,
    };
  }

  get view(): DrillView {
    return this.#view;
  }

  begin(id: StepId): void {
    this.#change(id, () => ({ state: "running" }));
  }

  measure(id: StepId, figures: readonly Measured[]): void {
    this.#change(id, (step) => ({ figures: [...step.figures, ...figures] }));
  }

  finish(id: StepId): void {
    this.#change(id, () => ({ state: "done" }));
  }

  fail(id: StepId, reason: string): void {
    this.#change(id, () => ({ state: "failed", reason }));
  }

  /** It was stopped in the middle of this step. */
  abandon(id: StepId): void {
    this.#change(id, () => ({ state: "waiting" }));
  }

  end(state: DrillView["state"], markdown: string): void {
    const result = resultLineOf(this.#view.steps);
    this.#view = { ...this.#view, state, result, markdown };
    this.#notify();
  }

  #change(id: StepId, change: (step: DrillStepView) => Partial<DrillStepView>): void {
    const steps = this.#view.steps.map((it) => (it.id === id ? { ...it, ...change(it) } : it));
    this.#view = { ...this.#view, steps };
    this.#notify();
  }
}

function waiting({ id, title, caption, figure }: StepDefinition): DrillStepView {
  return { id, title, caption, figure, state: "waiting", reason: null, figures: [] };
}
