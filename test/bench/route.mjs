import { compareRoutes } from "./support/compare-routes.mjs";
import { endpointsAt } from "./support/endpoints.mjs";
import { judge, printFigure, printQuestion, printRatio } from "./support/report.mjs";
import { readCount } from "./support/settings.mjs";
import { median, ratios } from "./support/statistics.mjs";
import { Worker } from "./support/worker.mjs";

const path = "/other";
const seconds = 1;
const goal = 0.98;
const answer = { name: "somebody", items: [1, 2, 3], text: "x".repeat(200) };

/** What does the plugin cost the routes that are not its own? */
export async function run() {
  const rounds = readCount("BENCH_ROUNDS", 28);
  printQuestion("Other routes: how many are answered per second behind the plugin?", [
    "An Express route that answers JSON, with the plugin mounted before it and without; and with a",
    "middleware that only calls next(), since Express itself takes time for that. 32 kept connections.",
    "Each subject has several processes, of which a round takes the next.",
  ]);
  const services = await Worker.start("servers/health-route.mjs", { count: 2 });
  const endpoints = endpointsAt(services.info.urls);
  const start = (way) => Worker.startSeveral("servers/web.mjs", { way, endpoints, path, answer });
  const servers = {
    behind: await start("plugin"),
    idle: await start("idle"),
    without: await start("express"),
  };
  const { behind, idle, without } = await compareRoutes(servers, { path, rounds, seconds });
  await Promise.all([...Object.values(servers).flat(), services].map((worker) => worker.stop()));

  printFigure("behind the plugin", behind.perSecond, "requests/s");
  printFigure("behind an idle middleware", idle.perSecond, "requests/s");
  printFigure("without", without.perSecond, "requests/s");
  const rate = ratios(behind.perSecond, without.perSecond);
  printRatio("rate against without", rate, judge(median(rate) >= goal, `>= ${goal} x`));
  printRatio("the same in CPU of the server", ratios(without.cpuInMs, behind.cpuInMs));
  printRatio("rate against the idle middleware", ratios(behind.perSecond, idle.perSecond));
}
