import { endpointsAt } from "./support/endpoints.mjs";
import { printFigure, printQuestion, printRatio } from "./support/report.mjs";
import { steps } from "./support/sdk-steps.mjs";
import { readCount } from "./support/settings.mjs";
import { ratios } from "./support/statistics.mjs";
import { Worker } from "./support/worker.mjs";

const count = 3;
const callers = 16;
const broadcasts = { 200: 1000, 16384: 500 };
const labels = { ...steps, ours: "ours: deadline, retries, report" };

/** What does each thing pay that is done to the SDK? */
export async function run() {
  const rounds = readCount("BENCH_ROUNDS", 21);
  printQuestion("Fan-out, step by step: which step pays, and how much?", [
    `CPU of the calling process for a broadcast to ${count} endpoints, ${callers} callers. Each step has`,
    "all those before it; the ratio tells how many times less CPU it takes than the step before.",
  ]);
  for (const bytes of Object.keys(broadcasts)) await measure(Number(bytes), rounds);
}

async function measure(bytes, rounds) {
  const services = await Worker.start("servers/accepting-services.mjs", { count });
  const endpoints = endpointsAt(services.info.urls);
  const names = Object.keys(labels);
  const apps = {};
  const cpu = Object.fromEntries(names.map((name) => [name, []]));
  for (const way of names) {
    apps[way] = await Worker.start("support/broadcaster.mjs", { way, endpoints, bytes });
  }
  for (let round = -2; round < rounds; round++) {
    for (const name of round % 2 === 0 ? names : names.toReversed()) {
      const job = { callers, count: broadcasts[bytes] };
      const { cpuInMs } = await apps[name].call("fire", job);
      if (round >= 0) cpu[name].push(cpuInMs);
    }
  }
  await Promise.all([...Object.values(apps), services].map((worker) => worker.stop()));

  console.log(`  -- ${bytes} B of JSON`);
  for (const [index, name] of names.entries()) {
    printFigure(labels[name], cpu[name], "ms", 3);
    const before = names[index - 1];
    if (before) printRatio("  against the step before", ratios(cpu[before], cpu[name]));
  }
}
