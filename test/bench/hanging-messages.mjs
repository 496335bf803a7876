import { endpointsAt } from "./support/endpoints.mjs";
import { printFigure, printQuestion } from "./support/report.mjs";
import { readCount } from "./support/settings.mjs";
import { quantile } from "./support/statistics.mjs";
import { Worker } from "./support/worker.mjs";

const kinds = ["the same message", "one user", "all different"];
const rates = [200, 400, 800];
const load = { goodPerSecond: 50, timeoutInMs: 1500 };

/** How long do good messages take, while others hang? */
export async function run() {
  const seconds = readCount("BENCH_SECONDS", 6);
  printQuestion("Hanging messages: how long do the good ones between them take?", [
    `${load.goodPerSecond} good messages a second through 64 sockets, and others that are never answered, with a deadline`,
    "of 1.5 s. A service and an app server of its own for each row.",
  ]);
  for (const kind of kinds) {
    for (const poisonPerSecond of rates) {
      const service = await Worker.start("servers/swallowing-service.mjs");
      const app = await Worker.start("servers/poisoned-app.mjs");
      const endpoints = endpointsAt(service.info.urls);
      const job = { ...load, endpoints, kind, poisonPerSecond, seconds };
      const { inMs, failed, downs } = await app.call("send", job);
      await Promise.all([app, service].map((worker) => worker.stop()));
      const label = `${poisonPerSecond}/s, ${kind}`;
      printFigure(`${label}: p50`, [quantile(inMs, 0.5)], "ms", 1);
      printFigure(`${label}: p99`, [quantile(inMs, 0.99)], "ms", 1);
      printFigure(`${label}: failed`, [failed], "good messages");
      if (downs > 0) throw new Error("A healthy endpoint was taken out.");
    }
  }
}
