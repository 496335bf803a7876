import { endpointsAt } from "./support/endpoints.mjs";
import { judge, printFigure, printQuestion, printRatio } from "./support/report.mjs";
import { readCount } from "./support/settings.mjs";
import { median, ratios } from "./support/statistics.mjs";
import { Worker } from "./support/worker.mjs";

const clients = 10_000;
const reviewAfterInMs = 20_000;
const perSecond = clients / (reviewAfterInMs / 1000);
const seconds = 5;
const goal = 10;
const path = "/place";
const answer = { move: false };
const connections = { "kept connections": true, "a new connection each": false };

/** What does it cost to be asked for reviews? */
export async function run() {
  const rounds = readCount("BENCH_ROUNDS", 9);
  printQuestion(
    `Reviews: which share of one core do ${clients} clients cost that ask every ${reviewAfterInMs / 1000} s?`,
    [
      "The app server does nothing else but watch two endpoints; user and system time of its process alone.",
      "Beside it, an Express route that answers a constant, asked as often. Kept connections are those of a",
      "proxy; a browser whose connection the server has closed meanwhile opens a new one.",
    ],
  );
  const services = await Worker.start("servers/health-route.mjs", { count: 2 });
  const app = await Worker.start("servers/app.mjs");
  const bare = await Worker.start("servers/web.mjs", { way: "express", path, answer });
  const reviewers = await Worker.start("support/reviewers.mjs");
  const url = await app.call("open", { id: "reviews", endpoints: endpointsAt(services.info.urls) });
  await reviewers.call("negotiate", { url, clients });
  const rival = { url: bare.info.endpoint + path, status: 200 };
  const subjects = Object.entries(connections).flatMap(([name, keepAlive]) => [
    { subject: `reviews, ${name}`, server: app, job: { keepAlive }, shares: [] },
    { subject: `Express, ${name}`, server: bare, job: { keepAlive, ...rival }, shares: [] },
  ]);
  for (let round = -1; round < rounds; round++) {
    for (const { server, job, shares } of round % 2 ? subjects : subjects.toReversed()) {
      const before = await server.call("cpuInMs");
      const start = performance.now();
      await reviewers.call("ask", { perSecond, seconds, ...job });
      const share = ((await server.call("cpuInMs")) - before) / (performance.now() - start);
      if (round >= 0) shares.push(100 * share);
    }
  }
  await app.call("close", "reviews");
  await Promise.all([app, bare, services, reviewers].map((worker) => worker.stop()));
  for (const { subject, shares } of subjects) printFigure(subject, shares, "%", 1);
  const [kept, bareKept, fresh, bareFresh] = subjects.map(({ shares }) => shares);
  const isMet = Math.max(median(kept), median(fresh)) < goal;
  printRatio("CPU against Express, kept", ratios(kept, bareKept));
  printRatio("CPU against Express, new", ratios(fresh, bareFresh));
  console.log(judge(isMet, `< ${goal} % of one core`));
}
