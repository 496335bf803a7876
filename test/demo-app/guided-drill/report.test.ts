import type { DrillParameters } from "../../../demo-app/guided-drill/execution/drill-parameters.ts";
import { type DrillRecord, reportOf } from "../../../demo-app/guided-drill/report.ts";
import { stepDefinitionsOf } from "../../../demo-app/guided-drill/step-definitions.ts";

const EMULATED: DrillParameters = {
  mode: "emulated",
  primary: "eastus",
  secondary: "westus",
  negotiatesPerSecond: 50,
  broadcastEveryInMs: 200,
};
const ON_AZURE: DrillParameters = { ...EMULATED, mode: "azure", negotiatesPerSecond: 1 };

const PASSED: DrillRecord = {
  state: "passed",
  parameters: EMULATED,
  regions: ["eastus", "westus"],
  clients: 40,
  startedAt: new Date("2026-01-02T03:04:05Z"),
  steps: [
    {
      id: "arrival",
      title: "Clients arrive | at last",
      caption: "They do.",
      figure: 2,
      state: "done",
      reason: null,
      figures: [
        { label: "moved", value: 20, unit: "clients" },
        { label: "the only one", value: 1, unit: "messages" },
        { label: "downtime p50", value: 12.6, unit: "ms" },
        { label: "endpoints that took it", value: 2, unit: "" },
      ],
    },
  ],
  mended: [],
  problems: [],
};

describe("the report of the guided drill", () => {
  it("is a page of Markdown with a row for each step", () => {
    expect(reportOf(PASSED).split("\n")).toEqual([
      "# Failover drill: passed",
      "",
      "- Topology: client-server, 2 regions (eastus, westus), emulated; each has an app server whose primary is the endpoint of its region",
      "- Taken down: eastus",
      "- Clients: 40 before the newcomers, homes in turn; negotiates: 50 a second",
      "- Begun: 2026-01-02T03:04:05.000Z",
      "",
      "| step | figure | result | measured |",
      "| --- | --- | --- | --- |",
      "| Clients arrive \\| at last | 2 | done | moved: 20 clients; the only one: 1 message; downtime p50: 13 ms; endpoints that took it: 2 |",
      "",
      expect.stringContaining("from when eastus was broken"),
      "",
    ]);
  });

  it.each<[string, Partial<DrillRecord>, string]>([
    ["what was mended first", { mended: ["healed westus (gray)"] }, "began: healed westus (gray)"],
    ["that it was stopped", { state: "stopped" }, "Stopped before its end"],
    ["what it left behind", { problems: ["Failback: late"] }, "Not put back. Failback: late"],
    ["that it was on Azure", { parameters: ON_AZURE }, "(eastus, westus), on Azure"],
  ])("tells %s", (_what, change, expected) => {
    expect(reportOf({ ...PASSED, ...change })).toContain(expected);
  });

  it("names the step that failed, and why", () => {
    const steps = PASSED.steps.map((step) => ({
      ...step,
      state: "failed" as const,
      reason: "Nobody came.",
    }));

    expect(reportOf({ ...PASSED, state: "failed", steps })).toContain(
      'Failed at "Clients arrive | at last": Nobody came.',
    );
  });
});

describe("the step definitions of the guided drill", () => {
  it.each([
    ["emulated", EMULATED],
    ["on Azure", ON_AZURE],
  ])("explain each step in two or three sentences, %s", (_mode, parameters) => {
    for (const { caption, title } of stepDefinitionsOf(parameters)) {
      expect(title).not.toBe("");
      const sentences = caption.match(/[.!?](\s|$)/g) ?? [];
      expect([caption, sentences.length >= 2 && sentences.length <= 4]).toEqual([caption, true]);
    }
  });

  it("let the operator break and mend the primary on Azure, within ten minutes each", () => {
    const crash = stepDefinitionsOf(ON_AZURE).find(({ id }) => id === "crash");

    expect(crash).toMatchObject({ deadlineInMs: 600_000 });
    expect(crash?.caption).toContain("portal");
    expect(JSON.stringify(stepDefinitionsOf(EMULATED))).not.toContain("portal");
  });
});
