import type { DrillStepView, Measured } from "../../../demo-app/contract/live.ts";
import { resultLineOf } from "../../../demo-app/guided-drill/result-line.ts";

const step = (id: string, ...figures: Measured[]): DrillStepView => ({
  id,
  title: id,
  caption: "",
  figure: null,
  state: "done",
  reason: null,
  figures,
});
const arrival = step("arrival", { label: "downtime p99", value: 640, unit: "ms" });
const load = step(
  "load",
  { label: "answered", value: 753, unit: "answers" },
  { label: "refused or failed", value: 1, unit: "" },
);
const messages = (lost: number) =>
  step("messages", { label: "missed with history", value: lost, unit: "messages" });

const cases: [what: string, steps: DrillStepView[], line: string | null][] = [
  ["all of it", [arrival, messages(0), load], "back in 0.6 s · 1 of 754 refused · 0 messages lost"],
  ["one lost message in the singular", [messages(1)], "1 message lost"],
  ["only what was measured before it was stopped", [arrival, step("load")], "back in 0.6 s"],
  ["nothing when nothing was measured", [step("arrival")], null],
];

it.each(cases)("the result of a drill in one line tells %s", (_what, steps, line) => {
  expect(resultLineOf(steps)).toBe(line);
});
