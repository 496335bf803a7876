import { setTimeout as delay } from "node:timers/promises";
import { affordableSockets } from "./support/limit.mjs";
import { judge, printFigure, printQuestion, printRatio } from "./support/report.mjs";
import { readCount } from "./support/settings.mjs";
import { median, ratios } from "./support/statistics.mjs";
import { wallClock } from "./support/wall-clock.mjs";
import { Worker } from "./support/worker.mjs";

const makes = ["ours", "official json"];
// Longer than a connection takes to count as stable, and all the more than a move.
const settledInMs = 6500;

/** What does it cost the process of the clients when its region crashes? */
export async function run() {
  const clients = affordableSockets(readCount("BENCH_CLIENTS", 300), makes.length);
  const rounds = readCount("BENCH_ROUNDS", 6);
  printQuestion("Clients, CPU: what does one move cost, from a region that crashes?", [
    `${clients} clients of each make, in a process for each; both meet the same crashes, back and forth.`,
    "What the processes take at rest in the same time is left out.",
  ]);
  const regions = await Worker.start("servers/regions.mjs");
  const { endpoints } = regions.info;
  const app = await Worker.start("servers/broadcasting-app.mjs", { endpoints, everyInMs: 100 });
  await app.call("finish");
  const workers = await Promise.all(
    makes.map(() => Worker.start("support/client-failover-process.mjs")),
  );
  await Promise.all(
    makes.map((make, index) =>
      workers[index].call("open", { make, urls: [app.info.url], count: clients }),
    ),
  );
  const spent = async (during) => {
    const before = await Promise.all(workers.map((worker) => worker.call("cpuInMs")));
    await during();
    await delay(settledInMs);
    const after = await Promise.all(workers.map((worker) => worker.call("cpuInMs")));
    return after.map((inMs, index) => (inMs - before[index]) / clients);
  };
  await spent(() => {});
  const moves = [];
  for (let round = 0; round <= rounds; round++) {
    const idle = await spent(() => {});
    const broken = round % 2;
    const struckAt = wallClock();
    const busy = await spent(() => regions.call("crash", broken));
    const { length } = await app.call("negotiatesSince", struckAt);
    if (length < clients * makes.length) throw new Error(`Only ${length} clients have moved.`);
    await regions.call("clear", broken);
    await delay(settledInMs);
    // The first pays for code that is compiled only then.
    if (round > 0) moves.push(busy.map((inMs, index) => inMs - idle[index]));
  }
  const each = makes.map((_, index) => moves.map((move) => move[index]));
  for (const [index, make] of makes.entries()) printFigure(make, each[index], "ms", 2);
  const [ours, theirs] = each;
  const compared = ratios(ours, theirs);
  printRatio("ours against official json", compared, judge(median(compared) <= 1, "<= 1 x"));
  await Promise.all([...workers, app, regions].map((worker) => worker.stop()));
}
