import { endpointsAt } from "./support/endpoints.mjs";
import { judge, printFigure, printQuestion, printRatio } from "./support/report.mjs";
import { readCount } from "./support/settings.mjs";
import { median, ratios } from "./support/statistics.mjs";
import { Worker } from "./support/worker.mjs";

const seconds = 2;
const count = 3;
const labels = { ours: "ours", sdk: "Promise.all of the SDK", undici: "raw undici" };
const goals = { sdk: 5, undici: 0.6 };

/** How many broadcasts a second does one process make, and what does each of them cost it? */
export async function run() {
  const rounds = readCount("BENCH_ROUNDS", 11);
  const callers = readCount("BENCH_CALLERS", 16);
  printQuestion(
    `Fan-out: how many broadcasts to ${count} endpoints does one process make per second?`,
    [
      `200 B of JSON, ${callers} callers that wait for each broadcast. The rivals are \`Promise.all\` of the`,
      "SDK's sendToAll on a client for each endpoint, and undici with a pool for each and a signature",
      "for each request. The endpoints are ports of another process, and how busy that is is printed.",
    ],
  );
  const services = await Worker.start("servers/accepting-services.mjs", { count });
  const endpoints = endpointsAt(services.info.urls);
  const names = Object.keys(labels);
  const apps = {};
  const results = {};
  for (const name of names) {
    apps[name] = await Worker.start("support/broadcaster.mjs", { way: name, endpoints });
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

  for (const name of names) {
    printFigure(labels[name], results[name].perSecond, "broadcasts/s");
    printFigure("  CPU per broadcast", results[name].cpuInMs, "ms", 3);
    printFigure("  the endpoints' process is busy", results[name].busy, "%");
  }
  for (const [rival, goal] of Object.entries(goals)) {
    const rate = ratios(results.ours.perSecond, results[rival].perSecond);
    const verdict = judge(median(rate) >= goal, `>= ${goal} x`);
    printRatio(`rate against ${labels[rival]}`, rate, verdict);
    printRatio(
      "the same in CPU per broadcast",
      ratios(results[rival].cpuInMs, results.ours.cpuInMs),
    );
  }
}
