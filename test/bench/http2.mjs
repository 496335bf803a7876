import { compareBroadcasters } from "./support/compare-broadcasters.mjs";
import { printFigure, printQuestion, printRatio } from "./support/report.mjs";
import { readCount } from "./support/settings.mjs";
import { ratios } from "./support/statistics.mjs";
import { Worker } from "./support/worker.mjs";

const count = 3;
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
  const program = "support/tls-sender.mjs";
  for (const callers of [count, 1000]) {
    const options = services.info;
    const results = await compareBroadcasters(ways, services, {
      program,
      rounds,
      callers,
      options,
    });
    console.log(`  ${callers} sends at once`);
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
  await services.stop();
}
