import { compareJobs } from "./support/compare-routes.mjs";
import { endpointsAt } from "./support/endpoints.mjs";
import { isRedisInstalled, startRedis } from "./support/redis.mjs";
import { judge, printFigure, printQuestion, printRatio } from "./support/report.mjs";
import { readCount } from "./support/settings.mjs";
import { median, ratios } from "./support/statistics.mjs";
import { Worker } from "./support/worker.mjs";

const seconds = 2;
/** So many that the server is never idle while those of one moment wait for redis. */
const connections = 128;
const goals = { readsPerSecond: 5000, negotiate: 0.9 };
const labels = {
  ours: "without history",
  memory: "history in memory",
  redis: "history in redis",
};
const kept = ["memory", "redis"];
const path = "/negotiate/history";
/** A herd has lost its connections within a moment, so it lacks nearly the same. */
const readers = 200;
const places = 5;
const missed = 10;

/** How many clients a second catch up at one process, and what does it cost to be let in to it? */
export async function run() {
  const rounds = readCount("BENCH_ROUNDS", 7);
  printQuestion("History: how many reads a second does one process answer?", [
    `A read is one POST of one of ${readers} users, with the positions of three streams. To catch up is to lack ${missed} to`,
    `${missed + places - 1} messages of 200 B in each of two of them, to look is to lack nothing. ${connections} kept connections of another`,
    "process; a direct call is the same without sockets, HTTP and Express. Redis is on loopback. The rival",
    "is an Express route that parses the same JSON, and answers what one of them is as a constant.",
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
    const options = { way, endpoints, redisUrl: redis.url };
    apps[way] = await Worker.start("servers/history-app.mjs", options);
  }

  const jobs = {};
  for (const way of kept) {
    const server = apps[way];
    const { catchUps, looks } = await readsOf(server);
    jobs[`catch up, ${labels[way]}`] = { servers: [server], requests: catchUps };
    jobs[`look, ${labels[way]}`] = { servers: [server], requests: looks };
    jobs[`direct calls, ${labels[way]}`] = {
      servers: [server],
      requests: catchUps,
      isDirect: true,
    };
  }
  const { requests } = jobs[`catch up, ${labels.redis}`];
  const answer = await answerTo(apps.redis, requests[0]);
  apps.express = await Worker.start("servers/web.mjs", { way: "post", path, answer });
  jobs["catch up, Express"] = { servers: [apps.express], requests };
  for (const way of Object.keys(labels)) {
    jobs[`negotiate, ${labels[way]}`] = { servers: [apps[way]], requests: negotiatesOf(way) };
  }
  const results = await compareJobs(jobs, { rounds, seconds, connections });
  await Promise.all([...Object.values(apps), services].map((worker) => worker.stop()));
  redis.stop();
  report(results);
}

function report(results) {
  for (const [name, { perSecond, p99InMs, cpuInMs }] of Object.entries(results)) {
    printFigure(name, perSecond, "requests/s");
    printFigure("  CPU of each", cpuInMs, "ms", 3);
    printFigure("  p99", p99InMs, "ms", 1);
  }
  for (const way of kept) {
    const { perSecond } = results[`catch up, ${labels[way]}`];
    const isMet = median(perSecond) >= goals.readsPerSecond;
    console.log(`  catch up, ${labels[way]}${judge(isMet, `>= ${goals.readsPerSecond}/s`)}`);
    const [ours, rival] = [results[`catch up, ${labels[way]}`], results["catch up, Express"]];
    printRatio("  against Express", ratios(ours.perSecond, rival.perSecond));
    printRatio("  the same in CPU", ratios(rival.cpuInMs, ours.cpuInMs));
    const ofHistory = results[`negotiate, ${labels[way]}`];
    const without = results[`negotiate, ${labels.ours}`];
    const rate = ratios(ofHistory.perSecond, without.perSecond);
    const verdict = judge(median(rate) >= goals.negotiate, `>= ${goals.negotiate} x`);
    printRatio(`negotiate, ${labels[way]}`, rate, verdict);
    printRatio("  the same in CPU", ratios(without.cpuInMs, ofHistory.cpuInMs));
  }
}

/** The requests of a herd that was cut off at a few places, and has missed messages since; and those of it once it has them. */
async function readsOf(app) {
  const herd = [];
  for (let place = 0; place < places; place++) {
    for (let user = place; user < readers; user += places) {
      const response = await fetch(`${app.info.endpoint}/negotiate?history=1&user=user${user}`);
      herd.push(await response.json());
    }
    await app.call("send", { count: 1, bytes: 200 });
  }
  await app.call("send", { count: missed - 1, bytes: 200 });
  const catchUps = herd.map(({ grant, history, endpoint }) =>
    readOf({ grant, since: history.positions, at: { endpoint } }),
  );
  const looks = [];
  for (const request of catchUps) {
    const { streams } = await answerTo(app, request);
    const names = Object.entries(streams);
    const since = Object.fromEntries(names.map(([name, { position }]) => [name, position]));
    looks.push(readOf({ ...JSON.parse(request.body), since }));
  }
  return { catchUps, looks };
}

const readOf = (question) => ({
  method: "POST",
  path,
  headers: { "content-type": "application/json" },
  body: JSON.stringify(question),
});

async function answerTo(app, request) {
  const response = await fetch(app.info.endpoint + path, request);
  return response.json();
}

function negotiatesOf(way) {
  const query = way === "ours" ? "" : "&history=1";
  return Array.from({ length: readers }, (_, user) => ({
    path: `/negotiate?user=user${user}${query}`,
  }));
}
