import { compareRoutes } from "./support/compare-routes.mjs";
import { endpointsAt } from "./support/endpoints.mjs";
import { judge, printFigure, printQuestion, printRatio } from "./support/report.mjs";
import { readCount } from "./support/settings.mjs";
import { median, ratios } from "./support/statistics.mjs";
import { Worker } from "./support/worker.mjs";

const path = "/negotiate";
const seconds = 2;
const goals = { sample: 3, express: 0.9 };
const goalOfAgreed = 0.95;

/** How many clients a second can be told where to connect? */
export async function run() {
  const rounds = readCount("BENCH_ROUNDS", 12);
  printQuestion("Negotiate: how many are answered per second, by one process?", [
    "Ours has two healthy endpoints and watches them, the sample is Express with getClientAccessToken",
    "of the official SDK; the bare servers answer the same JSON without making it. 32 kept connections.",
    "Each subject has several processes, of which a round takes the next.",
  ]);
  const services = await Worker.start("servers/health-route.mjs", { count: 2 });
  const endpoints = endpointsAt(services.info.urls);
  const start = (way, answer) =>
    Worker.startSeveral("servers/web.mjs", { way, endpoints, path, answer });
  const ours = await start("plugin");
  const response = await fetch(`${ours[0].info.endpoint}${path}`);
  const answer = await response.json();
  const servers = {
    ours,
    unreviewed: await start("unreviewed"),
    agreed: await start("agreed"),
    sample: await start("sample"),
    express: await start("express", answer),
    node: await start("node", answer),
  };
  const results = await compareRoutes(servers, { path, rounds, seconds });
  await Promise.all([...Object.values(servers).flat(), services].map((worker) => worker.stop()));

  const labels = {
    ours: "ours",
    unreviewed: "ours, without reviews",
    agreed: "ours, client-client",
    sample: "official sample",
    express: "Express",
    node: "node:http",
  };
  for (const [name, label] of Object.entries(labels)) {
    printFigure(label, results[name].perSecond, "requests/s");
    printFigure(`${label}, p99`, results[name].p99InMs, "ms", 1);
  }
  for (const [rival, goal] of Object.entries(goals)) {
    const rate = ratios(results.ours.perSecond, results[rival].perSecond);
    const verdict = judge(median(rate) >= goal, `>= ${goal} x`);
    printRatio(`rate against ${labels[rival]}`, rate, verdict);
    printRatio(
      "the same in CPU of the server",
      ratios(results[rival].cpuInMs, results.ours.cpuInMs),
    );
  }
  const unreviewed = ratios(results.unreviewed.perSecond, results.express.perSecond);
  printRatio("without reviews, against Express", unreviewed);
  const agreed = ratios(results.agreed.perSecond, results.ours.perSecond);
  const verdict = judge(median(agreed) >= goalOfAgreed, `>= ${goalOfAgreed} x`);
  printRatio("client-client against client-server", agreed, verdict);
}
