import type { DrillStepView, DrillView, Measured } from "../contract/live.ts";
import type { DrillParameters } from "./execution/drill-parameters.ts";
import { resultLineOf } from "./result-line.ts";

export interface DrillRecord {
  readonly state: DrillView["state"];
  readonly parameters: DrillParameters;
  readonly regions: readonly string[];
  readonly clients: number;
  readonly startedAt: Date;
  readonly steps: readonly DrillStepView[];
  /** What was not as it should be before it began, in words. */
  readonly mended: readonly string[];
  /** What the drill could not put back at its end, a sentence each. */
  readonly problems: readonly string[];
}

/** The report of a drill, to be pasted into an issue or a wiki. */
export function reportOf(record: DrillRecord): string {
  const { state, parameters, regions, clients, startedAt, steps, mended, problems } = record;
  const kind = parameters.mode === "azure" ? "on Azure" : "emulated";
  const failed = steps.find((step) => step.state === "failed");
  const result = resultLineOf(steps);
  return [
    `# Failover drill: ${state}`,
    "",
    ...(result === null ? [] : [`**${result}**`, ""]),
    `- Topology: client-server, ${regions.length} regions (${regions.join(", ")}), ${kind}; each has an app server whose primary is the endpoint of its region`,
    `- Taken down: ${parameters.primary}`,
    `- Clients: ${clients} before the newcomers, homes in turn; negotiates: ${parameters.negotiatesPerSecond} a second`,
    `- Begun: ${startedAt.toISOString()}`,
    ...(mended.length > 0 ? [`- Mended before it began: ${mended.join("; ")}`] : []),
    ...(failed ? [`- Failed at "${failed.title}": ${failed.reason}`] : []),
    ...(state === "stopped" ? ["- Stopped before its end"] : []),
    ...problems.map((problem) => `- Not put back. ${problem}`),
    "",
    "| step | figure | result | measured |",
    "| --- | --- | --- | --- |",
    ...steps.map(rowOf),
    "",
    basisOf(parameters),
    "",
  ].join("\n");
}

export function measuredText({ label, value, unit }: Measured): string {
  const rounded = Math.round(value);
  const counted = rounded === 1 && unit !== "ms" ? unit.slice(0, -1) : unit;
  return `${label}: ${rounded} ${counted}`.trimEnd();
}

function rowOf({ title, figure, state, figures }: DrillStepView): string {
  const result = state === "waiting" ? "not done" : state;
  const cells = [title, figure ?? "", result, figures.map(measuredText).join("; ")];
  return `| ${cells.map((cell) => String(cell).replaceAll("|", "\\|")).join(" | ")} |`;
}

function basisOf({ mode, primary }: DrillParameters): string {
  const [loss, recovery] =
    mode === "azure"
      ? ["an app server had noticed the loss", "the app server had noticed the recovery"]
      : [`${primary} was broken`, `${primary} was healed`];
  return `Times after the loss count from when ${loss}, those of the recovery from when ${recovery}; a downtime is how long a client had no connection. Figures 1 to 3 are those of Microsoft's guidance on resiliency.`;
}
