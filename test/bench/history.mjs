import {
  compareBroadcasters,
  printAgainst,
  printBroadcasters,
} from "./support/compare-broadcasters.mjs";
import { endpointsAt } from "./support/endpoints.mjs";
import { isRedisInstalled, startRedis } from "./support/redis.mjs";
import { printQuestion } from "./support/report.mjs";
import { readCount } from "./support/settings.mjs";
import { Worker } from "./support/worker.mjs";

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
  const options = { endpoints: endpointsAt(services.info.urls), redisUrl: redis.url };
  const ways = Object.keys(labels);
  const results = await compareBroadcasters(ways, services, { rounds, callers, options });
  await services.stop();
  redis.stop();

  printBroadcasters(labels, results);
  for (const way of ["memory", "redis"]) {
    printAgainst(`rate, ${labels[way]}`, results[way], results.ours, goal);
  }
}
