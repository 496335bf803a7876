import type { DrillStepView, DrillView } from "../contract/live.ts";
import { beginningOf, endOf, overviewOf } from "./progress-text.ts";

/** What a drill is shown on while it runs. */
export interface Display {
  show(view: DrillView): void;
}

export interface Output {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
  write(text: string): unknown;
}

const COLUMNS = 80;
const WIDEST_COLUMNS = 100;
// What is written over must still be on the screen.
const FEWEST_ROWS = 22;

export function displayOn(output: Output): Display {
  const { isTTY, rows = 0 } = output;
  return isTTY && rows >= FEWEST_ROWS ? new LiveDisplay(output) : new PlainDisplay(output);
}

/** Writes each thing once, when it happens: for logs. */
class PlainDisplay implements Display {
  readonly #output: Output;
  readonly #shown = new Map<string, DrillStepView["state"]>();

  constructor(output: Output) {
    this.#output = output;
  }

  show({ steps }: DrillView): void {
    for (const step of steps) {
      const shown = this.#shown.get(step.id) ?? "waiting";
      if (shown === step.state) continue;
      this.#shown.set(step.id, step.state);
      if (shown === "waiting") this.#write(beginningOf(step, COLUMNS));
      if (step.state !== "running") this.#write(endOf(step, COLUMNS));
    }
  }

  #write(lines: readonly string[]): void {
    for (const line of lines) this.#output.write(`${line}\n`);
  }
}

/** Shows all steps, and always writes over what it has shown before. */
class LiveDisplay implements Display {
  readonly #output: Output;
  #height = 0;

  constructor(output: Output) {
    this.#output = output;
  }

  show(view: DrillView): void {
    const columns = Math.min(this.#output.columns ?? COLUMNS, WIDEST_COLUMNS);
    const lines = overviewOf(view, columns);
    const back = this.#height > 0 ? `\x1b[${this.#height}F` : "";
    this.#output.write(`${back}\x1b[J${lines.map((line) => `${line}\n`).join("")}`);
    this.#height = lines.length;
  }
}
