import type { DrillStepView, DrillView } from "../contract/live.ts";
import { measuredText } from "../guided-drill/report.ts";

const SIGNS = { waiting: "·", running: ">", done: "+", failed: "x" } as const;
const INDENT = "    ";
const LATEST_FIGURES = 5;

/** All steps at a glance, and what the present one is about. */
export function overviewOf({ steps }: DrillView, columns: number): string[] {
  const running = steps.find(({ state }) => state === "running");
  const latest = running ? figuresOf(running, columns).slice(-LATEST_FIGURES) : [];
  return [
    ...steps.map((step) => cut(`${SIGNS[step.state]} ${headingOf(step)}`, columns)),
    ...(running ? ["", ...wrapped(running.caption, columns), ...latest] : []),
  ];
}

/** A step that has just begun. */
export function beginningOf(step: DrillStepView, columns: number): string[] {
  return ["", headingOf(step), ...wrapped(step.caption, columns)];
}

/** What has come of a step that has ended. */
export function endOf(step: DrillStepView, columns: number): string[] {
  const reason = step.reason === null ? [] : wrapped(`FAILED: ${step.reason}`, columns);
  return [...figuresOf(step, columns), ...reason];
}

function headingOf({ title, figure }: DrillStepView): string {
  return figure === null ? title : `${title} (figure ${figure})`;
}

function figuresOf({ figures }: DrillStepView, columns: number): string[] {
  return figures.map((figure) => cut(`${INDENT}- ${measuredText(figure)}`, columns));
}

function cut(line: string, columns: number): string {
  return line.length < columns ? line : `${line.slice(0, columns - 2)}…`;
}

function wrapped(text: string, columns: number): string[] {
  const lines: string[] = [];
  let line = INDENT;
  for (const word of text.split(" ")) {
    if (line.trim() !== "" && line.length + word.length + 1 >= columns) {
      lines.push(line.trimEnd());
      line = INDENT;
    }
    line += `${word} `;
  }
  return [...lines, line.trimEnd()];
}
