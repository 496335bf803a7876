import { setTimeout as delay } from "node:timers/promises";
import { endpointsAt } from "./support/endpoints.mjs";
import { judge, printFigure, printQuestion } from "./support/report.mjs";
import { readCount } from "./support/settings.mjs";
import { median } from "./support/statistics.mjs";
import { Worker } from "./support/worker.mjs";

const count = 100;
const roundInMs = 5000;
const goal = 5;

/** What does it cost to watch many endpoints? */
export async function run() {
  const rounds = readCount("BENCH_ROUNDS", 9);
  printQuestion(
    `Health job: which share of one core do ${count} endpoints cost, checked every second?`,
    [
      "The app server does nothing else; user and system time of its process alone. The endpoints are",
      "ports of another process that answer 200 and nothing more.",
    ],
  );
  const services = await Worker.start("servers/health-route.mjs", { count });
  const app = await Worker.start("servers/app.mjs");
  const endpoints = endpointsAt(services.info.urls);
  await app.call("open", { id: "watch", endpoints, health: { schedule: "* * * * * *" } });
  // The first rounds compile the code and open the sockets.
  await delay(5000);
  const shares = [];
  let checks = 0;
  for (let round = 0; round < rounds; round++) {
    const before = { cpu: await app.call("cpuInMs"), checks: await services.call("checks") };
    const start = performance.now();
    await delay(roundInMs);
    const elapsed = performance.now() - start;
    const cpu = (await app.call("cpuInMs")) - before.cpu;
    shares.push((cpu / elapsed) * 100);
    checks += (await services.call("checks")) - before.checks;
  }
  await app.call("close", "watch");
  await Promise.all([app.stop(), services.stop()]);
  const perSecond = checks / ((rounds * roundInMs) / 1000);
  printFigure("share of one core", shares, "%", 1);
  console.log(`  ${perSecond.toFixed(0)} checks a second were counted by the endpoints`);
  console.log(judge(median(shares) < goal, `< ${goal} % of one core`));
}
