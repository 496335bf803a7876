import { compareRoutes } from "./support/compare-routes.mjs";
import { endpointsAt } from "./support/endpoints.mjs";
import { judge, printFigure, printQuestion, printRatio } from "./support/report.mjs";
import { readCount } from "./support/settings.mjs";
import { median, ratios } from "./support/statistics.mjs";
import { Worker } from "./support/worker.mjs";

const path = "/negotiate";
const seconds = 2;
const goal = 0.85;
const labels = {
  none: "nobody measures",
  metrics: "OpenTelemetry, metrics",
  spans: "OpenTelemetry, metrics and spans",
  prometheus: "prom-client",
};

/** What does it cost a negotiate to be measured? */
export async function run() {
  const rounds = readCount("BENCH_ROUNDS", 12);
  printQuestion("Telemetry: how many negotiates are answered per second while they are measured?", [
    "The same server each time, in processes of their own; what is measured is exported to nobody.",
  ]);
  const services = await Worker.start("servers/health-route.mjs", { count: 2 });
  const endpoints = endpointsAt(services.info.urls);
  const servers = {};
  for (const measuredBy of Object.keys(labels)) {
    const told = { way: "measured", measuredBy, endpoints, path };
    servers[measuredBy] = await Worker.startSeveral("servers/web.mjs", told);
  }
  const results = await compareRoutes(servers, { path, rounds, seconds });
  await Promise.all([...Object.values(servers).flat(), services].map((worker) => worker.stop()));

  for (const [name, label] of Object.entries(labels)) {
    printFigure(label, results[name].perSecond, "requests/s");
    printFigure(`${label}, p99`, results[name].p99InMs, "ms", 1);
  }
  for (const name of ["metrics", "spans", "prometheus"]) {
    const rate = ratios(results[name].perSecond, results.none.perSecond);
    printRatio(`${labels[name]}, rate`, rate, judge(median(rate) >= goal, `>= ${goal} x`));
    printRatio(
      "the same in CPU of the server",
      ratios(results.none.cpuInMs, results[name].cpuInMs),
    );
  }
}
