import { printFigure, printQuestion, printRatio } from "./support/report.mjs";
import { readCount } from "./support/settings.mjs";
import { ratios } from "./support/statistics.mjs";
import { Worker } from "./support/worker.mjs";

const count = 3;
const seconds = 2;
const labels = {
  http1: "HTTP/1.1, up to 64 sockets",
  undici: "HTTP/2 by undici",
  node: "HTTP/2 by node:http2",
};

/** Would sends be cheaper by HTTP/2, where a service offers it? */
export async function run() {
  const rounds = readCount("BENCH_ROUNDS", 9);
  printQuestion(`HTTP/2: what does a send cost, to ${count} endpoints behind TLS?`, [
    "200 B of JSON, a token of its own for each send; nothing of the plugin, only what it would stand on.",
    "The endpoints are ports of another process that speak both, one connection each for HTTP/2.",
  ]);
  const services = await Worker.start("servers/tls-services.mjs", { count });
  const ways = Object.keys(labels);
  const senders = {};
  for (const way of ways) {
    senders[way] = await Worker.start("support/tls-sender.mjs", { ...services.info, way });
  }
  for (const concurrent of [count, 1000]) {
    const results = await compare(senders, { ways, rounds, concurrent });
    console.log(`  ${concurrent} sends at once`);
    for (const way of ways) {
      printFigure(labels[way], results[way].perSecond, "sends/s");
      printFigure("  CPU per send", results[way].cpuInMs, "ms", 3);
    }
    for (const way of ways.slice(1)) {
      const [ours, theirs] = [results[way], results.http1];
      printRatio(`${labels[way]}, rate`, ratios(ours.perSecond, theirs.perSecond));
      printRatio("  the same in CPU", ratios(ours.cpuInMs, theirs.cpuInMs));
    }
  }
  await Promise.all([services, ...Object.values(senders)].map((worker) => worker.stop()));
}

async function compare(senders, { ways, rounds, concurrent }) {
  const results = Object.fromEntries(ways.map((way) => [way, { perSecond: [], cpuInMs: [] }]));
  for (let round = -1; round < rounds; round++) {
    for (const way of round % 2 === 0 ? ways : ways.toReversed()) {
      const { perSecond, cpuInMs } = await senders[way].call("fire", { concurrent, seconds });
      if (round < 0) continue;
      results[way].perSecond.push(perSecond);
      results[way].cpuInMs.push(cpuInMs);
    }
  }
  return results;
}
