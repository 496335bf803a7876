import type { DrillStepView } from "../contract/live.ts";
import type { StepId } from "./step-definitions.ts";

/**
 * The whole drill in one line: `back in 0.6 s · 0 of 754 refused · 0 messages lost`. What was not
 * measured is left out; null when nothing was.
 */
export function resultLineOf(steps: readonly DrillStepView[]): string | null {
  const measured = (id: StepId, label: string): number | undefined =>
    steps.find((step) => step.id === id)?.figures.find((figure) => figure.label === label)?.value;
  const downtimeInMs = measured("arrival", "downtime p99");
  const answered = measured("load", "answered");
  const refused = measured("load", "refused or failed");
  const lost = measured("messages", "missed with history");
  const parts = [
    downtimeInMs === undefined ? null : `back in ${(downtimeInMs / 1000).toFixed(1)} s`,
    answered === undefined || refused === undefined
      ? null
      : `${refused} of ${answered + refused} refused`,
    lost === undefined ? null : `${lost} ${lost === 1 ? "message" : "messages"} lost`,
  ].filter((part) => part !== null);
  return parts.length === 0 ? null : parts.join(" · ");
}
