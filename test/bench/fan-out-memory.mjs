import { endpointsAt } from "./support/endpoints.mjs";
import { judge, printQuestion } from "./support/report.mjs";
import { readCount } from "./support/settings.mjs";
import { Worker } from "./support/worker.mjs";

const callers = 16;
const checkpoints = 10;
const megabyte = 1024 * 1024;
const tolerance = { share: 0.02, bytes: megabyte };

/** Does anything of a broadcast stay behind? */
export async function run() {
  const broadcasts = readCount("BENCH_BROADCASTS", 1_000_000);
  const perCheckpoint = Math.ceil(broadcasts / checkpoints);
  printQuestion(`Fan-out, memory: what does the process hold after ${broadcasts} broadcasts?`, [
    `To 2 endpoints, by ${callers} callers; after garbage collection, at ${checkpoints} moments.`,
  ]);
  const services = await Worker.start("servers/accepting-services.mjs", { count: 2 });
  const endpoints = endpointsAt(services.info.urls);
  const app = await Worker.start("support/broadcaster.mjs", { way: "ours", endpoints }, [
    "--expose-gc",
  ]);
  const samples = { heap: [], rss: [] };
  for (let checkpoint = 1; checkpoint <= checkpoints; checkpoint++) {
    await app.call("fire", { callers, count: perCheckpoint });
    const { heap, rss } = await app.call("memory");
    samples.heap.push(heap);
    samples.rss.push(rss);
    const figures = [heap, rss].map((bytes) => (bytes / megabyte).toFixed(1).padStart(7));
    const label = `after ${checkpoint * perCheckpoint}`.padEnd(20);
    console.log(`  ${label} heap ${figures[0]} MiB   RSS ${figures[1]} MiB`);
  }
  await Promise.all([app.stop(), services.stop()]);
  for (const [kind, values] of Object.entries(samples)) judgeGrowth(kind, values);
}

/** The first third is for compiling and opening sockets. */
function judgeGrowth(kind, values) {
  const third = Math.floor(values.length / 3);
  const mean = (some) => some.reduce((sum, value) => sum + value, 0) / some.length;
  const middle = mean(values.slice(third, -third));
  const growth = mean(values.slice(-third)) - middle;
  const isFlat = growth <= Math.max(tolerance.bytes, middle * tolerance.share);
  const verdict = judge(isFlat, `<= ${tolerance.share * 100} % or 1 MiB`);
  const figure = `${(growth / 1024).toFixed(0)} KiB`;
  console.log(
    `  ${`${kind}, last third against middle`.padEnd(34)}${figure.padStart(16)}${verdict}`,
  );
}
