import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { parse } from "yaml";
import { EVENT_INSTRUMENTS } from "../../src/telemetry/event-instruments.ts";
import { GAUGES } from "../../src/telemetry/gauges.ts";
import { prometheusLabel, prometheusName } from "../../src/telemetry/prometheus-name.ts";

const root = path.join(__dirname, "../..");
const folder = path.join(root, "docs/monitoring");
const read = (file: string): string => readFileSync(path.join(folder, file), "utf8");

const instruments = [...GAUGES, ...EVENT_INSTRUMENTS];
/** Labels that Prometheus adds: to all that it scrapes, and to the parts of a histogram. */
const ADDED_LABELS = ["instance", "job", "le"];

/** The series of Prometheus, with the labels that they have. */
const SERIES = new Map(
  instruments.flatMap((instrument) => {
    const name = prometheusName(instrument);
    const labels = ["hub", ...instrument.labels.map(prometheusLabel), ...ADDED_LABELS];
    const names =
      instrument.kind === "histogram"
        ? ["_count", "_sum", "_bucket"].map((end) => name + end)
        : [name];
    return names.map((one) => [one, labels] as const);
  }),
);

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly annotations: Readonly<Record<string, string>>;
}

const rules: Rule[] = parse(read("alerts.yaml")).groups.flatMap(
  (group: { rules: Rule[] }) => group.rules,
);
const dashboard = JSON.parse(read("dashboard.json"));

/** All texts of a value, however deep. */
function textsIn(value: unknown): string[] {
  if (typeof value === "string") return [value];
  if (typeof value !== "object" || value === null) return [];
  return Object.values(value).flatMap(textsIn);
}

const panels: { title: string; targets?: { expr: string; legendFormat: string }[] }[] =
  dashboard.panels;
const expressions: [where: string, expr: string, shown: string][] = [
  ...rules.map(
    ({ alert, expr, annotations }) =>
      [alert, expr, Object.values(annotations).join(" ").replaceAll("$labels.", "")] as const,
  ),
  ...panels.flatMap(({ title, targets = [] }) =>
    targets.map(({ expr, legendFormat }) => [title, expr, legendFormat] as const),
  ),
].map(([where, expr, shown]) => [where, expr, shown]);

const metricsIn = (expr: string): string[] => expr.match(/resilient_pubsub_\w+/g) ?? [];

/** In braces, in `by (...)`, and what is shown of them. */
function labelsIn(expr: string, shown: string): string[] {
  const matched = [...expr.matchAll(/(\w+)\s*(?:=~|!~|!=|=)\s*"/g)].map(([, name = ""]) => name);
  const grouped = [...expr.matchAll(/\bby \(([^)]*)\)/g)].flatMap(([, names = ""]) =>
    names.split(/,\s*/),
  );
  const printed = [...shown.matchAll(/\{\{\s*([a-z_]+)\s*\}\}/g)].map(([, name = ""]) => name);
  return [...matched, ...grouped, ...printed];
}

it.each(expressions)("%s asks for metrics and labels that there are: %s", (_, expr, shown) => {
  const metrics = metricsIn(expr);
  expect(metrics.length).toBeGreaterThan(0);
  expect(metrics.filter((metric) => !SERIES.has(metric))).toEqual([]);
  const labels = new Set(metrics.flatMap((metric) => SERIES.get(metric) ?? []));
  expect(labelsIn(expr, shown).filter((label) => !labels.has(label))).toEqual([]);
});

it("the dashboard names no metric outside its panels that there is not", () => {
  const names = textsIn(dashboard).flatMap(metricsIn);
  expect(names.filter((name) => !SERIES.has(name))).toEqual([]);
});

it("every metric is on the dashboard", () => {
  const shown = new Set(textsIn(dashboard).flatMap(metricsIn));
  const missing = instruments.filter((instrument) => {
    const name = prometheusName(instrument);
    return ![name, `${name}_count`, `${name}_bucket`].some((one) => shown.has(one));
  });
  expect(missing.map(({ name }) => name)).toEqual([
    // The same as the state; and their rates, which other panels have by their outcomes.
    "resilient_pubsub.endpoint.drained",
    "resilient_pubsub.agreement.servers",
    "resilient_pubsub.credentials.rejected",
  ]);
});

it("the panels of the dashboard have ids of their own and lie beside each other", () => {
  const ids = dashboard.panels.map(({ id }: { id: number }) => id);
  expect(new Set(ids).size).toBe(ids.length);
  const taken = new Set<string>();
  for (const { title, gridPos } of dashboard.panels) {
    for (let x = gridPos.x; x < gridPos.x + gridPos.w; x += 1) {
      for (let y = gridPos.y; y < gridPos.y + gridPos.h; y += 1) {
        expect([title, x < 24, taken.has(`${x} ${y}`)]).toEqual([title, true, false]);
        taken.add(`${x} ${y}`);
      }
    }
  }
});

it.each(rules.map(({ alert, annotations }) => [alert, annotations] as const))(
  "the alert %s says what has happened, what to do, and where more is written",
  (_, { summary, description, runbook_url: runbook = "" }) => {
    expect(summary).toBeTruthy();
    expect(description).toBeTruthy();
    const [file = "", anchor] = runbook.split("#");
    expect(existsSync(path.join(root, file))).toBe(true);
    const headings = readFileSync(path.join(root, file), "utf8").match(/^#+ .*$/gm) ?? [];
    const anchors = headings.map((heading) =>
      heading
        .replace(/^#+ /, "")
        .toLowerCase()
        .replaceAll(/[^\w\s-]/g, "")
        .replaceAll(" ", "-"),
    );
    if (anchor !== undefined) expect(anchors).toContain(anchor);
  },
);

it("the page lists every metric as it is, and no other", () => {
  const rows = instruments.map((instrument) => {
    const { name, kind, unit, labels, description } = instrument;
    const listed = labels.map((label) => `\`${label}\``).join(", ");
    const prometheus = prometheusName(instrument);
    return `| \`${name}\` | \`${prometheus}\` | ${kind} | \`${unit}\` | ${listed} | ${description} |`;
  });
  const listed = read("README.md")
    .split("\n")
    .filter((line) => line.startsWith("| `resilient_pubsub."));
  expect(listed).toEqual(rows);
});

it("the page lists every event that comes with the traffic, with its members", () => {
  const source = readFileSync(path.join(root, "src/contract/frequent-events.ts"), "utf8");
  const body = /interface FrequentPubSubEvents \{([\s\S]*?)\n\}/.exec(source)?.[1] ?? "";
  const events = [...body.matchAll(/^ {2}(\w+): \{([\s\S]*?)^ {2}\};/gm)].map(
    ([, name, members = ""]) => {
      const names = [...members.matchAll(/^ {4}(\w+)\??: /gm)].map(([, member]) => member);
      return `| \`${name} { ${names.join(", ")} }\``;
    },
  );
  expect(events.length).toBeGreaterThan(5);
  const page = read("README.md");
  expect(events.filter((event) => !page.includes(event))).toEqual([]);
});

const hasPromtool = spawnSync("promtool", ["--version"]).status === 0;
if (!hasPromtool) console.warn("promtool is not on the PATH: it does not check the alert rules.");

(hasPromtool ? describe : describe.skip)("promtool", () => {
  it.each([
    ["takes the rules", ["check", "rules", "alerts.yaml"]],
    ["is told what it should be while a region is lost", ["test", "rules", "alerts.test.yaml"]],
  ])("%s", (_, parameters) => {
    const { status, stdout, stderr } = spawnSync("promtool", parameters, {
      cwd: folder,
      encoding: "utf8",
    });
    expect([status, status === 0 ? "" : stdout + stderr]).toEqual([0, ""]);
  });
});
