import { endpointsAt } from "./support/endpoints.mjs";
import { isRedisInstalled, startRedis } from "./support/redis.mjs";
import { judge, printFigure, printQuestion, printRatio } from "./support/report.mjs";
import { readCount } from "./support/settings.mjs";
import { median, ratios } from "./support/statistics.mjs";
import { Worker } from "./support/worker.mjs";

const seconds = 2;
const count = 3;
const goal = 0.5;
const labels = {
  ours: "without history",
  memory: "history in memory",
  redis: "history in redis",
};

/** How many broadcasts a second does one process make when each of them is logged first? */
export async function run() {
  const rounds = readCount("BENCH_ROUNDS", 11);
  const callers = readCount("BENCH_CALLERS", 16);
  printQuestion(`History: what does it cost a broadcast to ${count} endpoints to be logged?`, [
    `200 B of JSON, ${callers} callers that wait for each broadcast; redis is on loopback. How busy the`,
    "process of the endpoints is, is printed: redis has no processor of its own either.",
  ]);
  if (!isRedisInstalled()) {
    console.log("  there is no redis-server on the PATH");
    return;
  }
  const redis = await startRedis();
  const services = await Worker.start("servers/accepting-services.mjs", { count });
  const endpoints = endpointsAt(services.info.urls);
  const names = Object.keys(labels);
  const apps = {};
  const results = {};
  for (const name of names) {
    const options = { way: name, endpoints, redisUrl: redis.url };
    apps[name] = await Worker.start("support/broadcaster.mjs", options);
    results[name] = { perSecond: [], cpuInMs: [], busy: [] };
  }
  for (let round = -1; round < rounds; round++) {
    for (const name of round % 2 === 0 ? names : names.toReversed()) {
      const before = await services.call("cpuInMs");
      const { perSecond, cpuInMs, elapsedInMs } = await apps[name].call("fire", {
        callers,
        seconds,
      });
      const cpuOfServices = (await services.call("cpuInMs")) - before;
      if (round < 0) continue;
      results[name].perSecond.push(perSecond);
      results[name].cpuInMs.push(cpuInMs);
      results[name].busy.push((cpuOfServices / elapsedInMs) * 100);
    }
  }
  await Promise.all([...Object.values(apps), services].map((worker) => worker.stop()));
  redis.stop();

  for (const name of names) {
    printFigure(labels[name], results[name].perSecond, "broadcasts/s");
    printFigure("  CPU per broadcast", results[name].cpuInMs, "ms", 3);
    printFigure("  the endpoints' process is busy", results[name].busy, "%");
  }
  for (const name of ["memory", "redis"]) {
    const rate = ratios(results[name].perSecond, results.ours.perSecond);
    const verdict = judge(median(rate) >= goal, `>= ${goal} x`);
    printRatio(`rate, ${labels[name]}`, rate, verdict);
    printRatio("  the same in CPU", ratios(results.ours.cpuInMs, results[name].cpuInMs));
  }
}
