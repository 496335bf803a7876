import { endpointsAt } from "./support/endpoints.mjs";
import { isRedisInstalled, startRedis } from "./support/redis.mjs";
import { judge, printFigure, printQuestion, printRatio } from "./support/report.mjs";
import { readCount } from "./support/settings.mjs";
import { median, ratios } from "./support/statistics.mjs";
import { Worker } from "./support/worker.mjs";

const seconds = 2;
const connections = 32;
const goals = { readsPerSecond: 5000, negotiate: 0.9 };
const labels = {
  ours: "without history",
  memory: "history in memory",
  redis: "history in redis",
};
/** A herd has lost its connections within a moment, so it lacks nearly the same. */
const readers = 200;
const places = 5;
const missed = 10;

/** How many clients a second catch up at one process, and what does it cost to be let in to it? */
export async function run() {
  const rounds = readCount("BENCH_ROUNDS", 7);
  printQuestion("History: how many clients catch up per second, at one process?", [
    `${readers} users who lack ${missed} to ${missed + places - 1} messages of 200 B in each of two streams, and none in a third;`,
    `${connections} kept connections of another process. Redis is on loopback. Then negotiates of as many`,
    "users with ?history=1, and without history at all, in turn.",
  ]);
  if (!isRedisInstalled()) {
    console.log("  there is no redis-server on the PATH");
    return;
  }
  const redis = await startRedis();
  const services = await Worker.start("servers/accepting-services.mjs", { count: 2 });
  const endpoints = endpointsAt(services.info.urls);
  const apps = {};
  for (const way of Object.keys(labels)) {
    apps[way] = await Worker.start("servers/history-app.mjs", {
      way,
      endpoints,
      redisUrl: redis.url,
    });
  }
  const load = await Worker.start("support/load.mjs");
  const fire = async (way, requests) => {
    const before = await apps[way].call("cpuInMs");
    const job = { url: apps[way].info.endpoint, seconds, connections, requests };
    const { count, perSecond, p99InMs } = await load.call("fire", job);
    return { perSecond, p99InMs, cpuInMs: ((await apps[way].call("cpuInMs")) - before) / count };
  };

  const jobs = {};
  for (const way of ["memory", "redis"]) {
    jobs[`catch up, ${labels[way]}`] = { way, requests: await catchUpsOf(apps[way]) };
  }
  for (const way of Object.keys(labels)) {
    const query = way === "ours" ? "" : "&history=1";
    const requests = Array.from({ length: readers }, (_, user) => ({
      path: `/negotiate?user=user${user}${query}`,
    }));
    jobs[`negotiate, ${labels[way]}`] = { way, requests };
  }
  const results = await measure(jobs, fire, rounds);
  await Promise.all([...Object.values(apps), services, load].map((worker) => worker.stop()));
  redis.stop();
  report(results);
}

/** Each job in turn, round by round. */
async function measure(jobs, fire, rounds) {
  const names = Object.keys(jobs);
  const results = Object.fromEntries(
    names.map((name) => [name, { perSecond: [], p99InMs: [], cpuInMs: [] }]),
  );
  for (let round = -1; round < rounds; round++) {
    for (const name of round % 2 === 0 ? names : names.toReversed()) {
      const figures = await fire(jobs[name].way, jobs[name].requests);
      if (round < 0) continue;
      for (const [figure, value] of Object.entries(figures)) results[name][figure].push(value);
    }
  }
  return results;
}

function report(results) {
  for (const [name, { perSecond, p99InMs, cpuInMs }] of Object.entries(results)) {
    printFigure(name, perSecond, "requests/s");
    printFigure("  CPU of each", cpuInMs, "ms", 3);
    printFigure("  p99", p99InMs, "ms", 1);
  }
  for (const way of ["memory", "redis"]) {
    const { perSecond } = results[`catch up, ${labels[way]}`];
    const isMet = median(perSecond) >= goals.readsPerSecond;
    console.log(`  catch up, ${labels[way]}${judge(isMet, `>= ${goals.readsPerSecond}/s`)}`);
    const ofHistory = results[`negotiate, ${labels[way]}`];
    const without = results[`negotiate, ${labels.ours}`];
    const rate = ratios(ofHistory.perSecond, without.perSecond);
    const verdict = judge(median(rate) >= goals.negotiate, `>= ${goals.negotiate} x`);
    printRatio(`negotiate, ${labels[way]}`, rate, verdict);
    printRatio("  the same in CPU", ratios(without.cpuInMs, ofHistory.cpuInMs));
  }
}

/** The requests of a herd that was cut off at a few places, and has missed messages since. */
async function catchUpsOf(app) {
  const herd = [];
  for (let place = 0; place < places; place++) {
    for (let user = place; user < readers; user += places) {
      const response = await fetch(`${app.info.endpoint}/negotiate?history=1&user=user${user}`);
      herd.push(await response.json());
    }
    await app.call("send", { count: 1, bytes: 200 });
  }
  await app.call("send", { count: missed - 1, bytes: 200 });
  return herd.map(({ grant, history, endpoint }) => ({
    method: "POST",
    path: "/negotiate/history",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ grant, since: history.positions, at: { endpoint } }),
  }));
}
