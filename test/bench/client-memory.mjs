import { affordableSockets } from "./support/limit.mjs";
import { growthInKib, sampleInTurn } from "./support/memory-growth.mjs";
import { judge, printFigure, printQuestion, printRatio } from "./support/report.mjs";
import { readCount } from "./support/settings.mjs";
import { median, ratios } from "./support/statistics.mjs";
import { Worker } from "./support/worker.mjs";

const makes = ["ours", "official", "official json"];
const warmUp = 100;
const goal = 1.2;

/** What does a process that has many clients pay for each? */
export async function run() {
  const rounds = readCount("BENCH_ROUNDS", 3);
  printQuestion("Clients, memory: what does a connected one cost, against the official client?", [
    "Growth of the process over all clients, after garbage collection; fresh processes every round.",
    "Heap is what V8 holds, with its buffers; RSS is what the system counts, slack included.",
  ]);
  const clients = affordableSockets(readCount("BENCH_CLIENTS", 10_000));
  const samples = await sampleInTurn(makes, rounds, (make) => measure(make, clients));
  for (const [make, { rss, heap }] of Object.entries(samples)) {
    console.log(`  -- ${make}, ${clients} clients`);
    printFigure("RSS per client", rss, "KiB", 1);
    printFigure("heap per client", heap, "KiB", 1);
  }
  for (const rival of ["official", "official json"]) {
    for (const kind of ["rss", "heap"]) {
      const ratio = ratios(samples.ours[kind], samples[rival][kind]);
      printRatio(
        `${kind}, ours against ${rival}`,
        ratio,
        judge(median(ratio) <= goal, `<= ${goal} x`),
      );
    }
  }
}

async function measure(make, clients) {
  const regions = await Worker.start("servers/regions.mjs");
  const { endpoints } = regions.info;
  const app = await Worker.start("servers/broadcasting-app.mjs", { endpoints, everyInMs: 100 });
  await app.call("finish");
  const worker = await Worker.start("support/client-failover-process.mjs", {}, ["--expose-gc"]);
  const urls = [app.info.url];
  // The first clients also pay for code that is compiled only then.
  await worker.call("open", { make, urls, count: warmUp });
  const before = await worker.call("memory");
  await worker.call("open", { make, urls, count: clients - warmUp });
  const after = await worker.call("memory");
  await Promise.all([worker, app, regions].map((each) => each.stop()));
  return growthInKib(before, after, clients - warmUp);
}
