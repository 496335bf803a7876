import { compareRoutes } from "./support/compare-routes.mjs";
import { endpointsAt } from "./support/endpoints.mjs";
import { judge, printFigure, printQuestion, printRatio } from "./support/report.mjs";
import { readCount } from "./support/settings.mjs";
import { median, ratios } from "./support/statistics.mjs";
import { Worker } from "./support/worker.mjs";

const path = "/negotiate";
const seconds = 2;
const goal = 0.85;
const subjects = {
  none: { label: "nobody measures" },
  metrics: { label: "OpenTelemetry, metrics", metrics: "otel" },
  spans: { label: "OpenTelemetry, metrics and spans", metrics: "otel", spans: true },
  prometheus: { label: "prom-client", metrics: "prometheus" },
  traced: { label: "a traced app", isTraced: true },
  "traced spans": {
    label: "a traced app, ours as well",
    metrics: "otel",
    spans: true,
    isTraced: true,
  },
};
const comparisons = [
  ["metrics", "none"],
  ["spans", "none"],
  ["prometheus", "none"],
  ["traced spans", "traced"],
];

/** What does it cost a negotiate to be measured? */
export async function run() {
  const rounds = readCount("BENCH_ROUNDS", 12);
  printQuestion("Telemetry: how many negotiates are answered per second while they are measured?", [
    "The same server each time, in processes of their own; what is measured is exported to nobody.",
    "A traced app has a span of its own for each request, and so a context that Node carries along.",
  ]);
  const services = await Worker.start("servers/health-route.mjs", { count: 2 });
  const endpoints = endpointsAt(services.info.urls);
  const servers = {};
  for (const [name, how] of Object.entries(subjects)) {
    const told = { way: "measured", ...how, endpoints, path };
    servers[name] = await Worker.startSeveral("servers/web.mjs", told);
  }
  const results = await compareRoutes(servers, { path, rounds, seconds });
  await Promise.all([...Object.values(servers).flat(), services].map((worker) => worker.stop()));

  for (const [name, { label }] of Object.entries(subjects)) {
    printFigure(label, results[name].perSecond, "requests/s");
    printFigure(`${label}, p99`, results[name].p99InMs, "ms", 1);
  }
  for (const [name, rival] of comparisons) {
    const rate = ratios(results[name].perSecond, results[rival].perSecond);
    console.log(`  -- ${subjects[name].label}, against ${subjects[rival].label}`);
    printRatio("rate", rate, judge(median(rate) >= goal, `>= ${goal} x`));
    printRatio(
      "the same in CPU of the server",
      ratios(results[rival].cpuInMs, results[name].cpuInMs),
    );
  }
}
