import { endpointsAt } from "./support/endpoints.mjs";
import { judge, printFigure, printQuestion, printRatio } from "./support/report.mjs";
import { readCount } from "./support/settings.mjs";
import { median, ratios } from "./support/statistics.mjs";
import { Worker } from "./support/worker.mjs";

const seconds = 1;
const sendsAtOnce = 64;
const counts = [2, 4, 8, 16, 32];
const tolerance = 1.2;

/** Does an endpoint more cost as much as the one before? */
export async function run() {
  const rounds = readCount("BENCH_ROUNDS", 11);
  printQuestion("Fan-out, growth: what does a broadcast cost per endpoint, from 2 to 32 of them?", [
    `CPU of the calling process alone. ${sendsAtOnce} sends are under way at any time: 32 callers with 2`,
    "endpoints, 2 callers with 32. What a broadcast costs once is shared by more of them.",
  ]);
  const services = await Worker.start("servers/accepting-services.mjs", {
    count: Math.max(...counts),
  });
  const apps = new Map();
  for (const count of counts) {
    const endpoints = endpointsAt(services.info.urls.slice(0, count));
    apps.set(count, await Worker.start("support/broadcaster.mjs", { way: "ours", endpoints }));
  }
  const costs = new Map(counts.map((count) => [count, []]));
  for (let round = -2; round < rounds; round++) {
    for (const count of round % 2 === 0 ? counts : counts.toReversed()) {
      const callers = sendsAtOnce / count;
      const { cpuInMs } = await apps.get(count).call("fire", { callers, seconds });
      if (round >= 0) costs.get(count).push((cpuInMs * 1000) / count);
    }
  }
  await Promise.all([...apps.values(), services].map((worker) => worker.stop()));

  const [least] = counts;
  for (const count of counts)
    printFigure(`${count} endpoints, each`, costs.get(count), "us CPU", 1);
  const growth = counts.map((count) => ratios(costs.get(count), costs.get(least)));
  for (const [index, count] of counts.entries()) {
    if (count === least) continue;
    const verdict = judge(median(growth[index]) <= tolerance, `<= ${tolerance} x`);
    printRatio(`${count} against ${least}`, growth[index], verdict);
  }
  const medians = growth.map(median);
  const between = Math.max(...medians) / Math.min(...medians);
  const isFlat = between <= tolerance;
  console.log(
    `  ${"the dearest against the cheapest".padEnd(34)}${`${between.toFixed(2)} x`.padStart(16)}` +
      `   ${isFlat ? "flat" : "not flat"} within ${((tolerance - 1) * 100).toFixed(0)} % both ways`,
  );
}
