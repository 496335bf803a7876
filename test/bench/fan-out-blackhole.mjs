import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { judge, printQuestion, printRatio } from "./support/report.mjs";
import { readCount } from "./support/settings.mjs";
import { median, quantile, ratios } from "./support/statistics.mjs";
import { clientUrlOf } from "./support/tokens.mjs";
import { Worker } from "./support/worker.mjs";

const intervalInMs = 20;
const warmUp = 25;
const goal = 1.1;
const shares = { median: 0.5, p95: 0.95, p99: 0.99 };
const modes = [
  {
    name: "nobody finds out, every broadcast hangs",
    health: { schedule: false, passive: false },
    messages: 200,
  },
  // Long enough for the health job to find out, in the midst of it.
  { name: "default health", messages: 500 },
];

/** Do clients of a healthy region wait because another one is silent? */
export async function run() {
  const rounds = readCount("BENCH_ROUNDS", 7);
  printQuestion("Fan-out, blackhole: how long until clients of a healthy region have a message?", [
    "From the call of broadcast until a WebSocket client in another process has it, while the other",
    "region accepts TCP and never answers, and without a fault. From the moment of the fault on, a",
    `message every ${intervalInMs} ms; fresh regions and a fresh app server every round. Each region has a`,
    "process of its own, or the silent one would leave more of it to the other.",
  ]);
  const world = {
    broken: await Worker.start("servers/emulators.mjs"),
    healthy: await Worker.start("servers/emulators.mjs"),
    app: await Worker.start("servers/app.mjs"),
    client: await Worker.start("support/listener.mjs"),
  };
  for (const mode of modes) {
    const results = { fault: [], healthy: [] };
    for (let round = -1; round < rounds; round++) {
      for (const kind of round % 2 === 0 ? ["fault", "healthy"] : ["healthy", "fault"]) {
        const result = await listen(world, mode, kind === "fault");
        if (round >= 0) results[kind].push(result);
      }
    }
    print(mode, results);
  }
  await Promise.all(Object.values(world).map((worker) => worker.stop()));
}

/** The ages of the messages of one round, and how many sends to the other region failed. */
async function listen({ broken, healthy, app, client }, { health, messages }, isFaulty) {
  const id = randomUUID();
  const [primary, secondary] = await Promise.all([broken.call("open", 1), healthy.call("open", 1)]);
  const connectionStrings = [...primary.connectionStrings, ...secondary.connectionStrings];
  const endpoints = [
    { name: "broken", role: "primary", connectionString: connectionStrings[0] },
    { name: "healthy", role: "secondary", connectionString: connectionStrings[1] },
  ];
  await app.call("open", { id, endpoints, health });
  await client.call("open", clientUrlOf(connectionStrings[1]));
  await app.call("tellTime", { id, messages: warmUp, intervalInMs });
  await client.call("take");
  if (isFaulty) await broken.call("inject", { index: primary.index, kind: "blackhole" });
  const failed = await app.call("tellTime", { id, messages, intervalInMs });
  // The answer to a broadcast may overtake the message.
  await delay(100);
  const agesInMs = await client.call("take");
  await broken.call("clear", { index: primary.index });
  await Promise.all([app.call("close", id), client.call("close")]);
  await Promise.all([
    broken.call("close", { index: primary.index, count: 1 }),
    healthy.call("close", { index: secondary.index, count: 1 }),
  ]);
  if (agesInMs.length !== messages) throw new Error(`${agesInMs.length} messages have come.`);
  return { agesInMs, failed };
}

function print({ name, messages }, { fault, healthy }) {
  const failed = fault.map((round) => round.failed);
  console.log(`  -- ${name}: ${median(failed)} of ${messages} broadcasts met silence`);
  const agesOf = (results) => results.map(({ agesInMs }) => agesInMs);
  printAges("without a fault", agesOf(healthy).flat());
  printAges("during the blackhole", agesOf(fault).flat());
  for (const [figure, share] of Object.entries(shares)) {
    const ages = (results) => agesOf(results).map((values) => quantile(values, share));
    const slowdown = ratios(ages(fault), ages(healthy));
    const verdict = judge(median(slowdown) <= goal, `<= ${goal} x`);
    printRatio(`${figure}, during against without`, slowdown, verdict);
  }
}

function printAges(subject, agesInMs) {
  const figures = Object.entries(shares).map(
    ([name, share]) => `${name} ${quantile(agesInMs, share).toFixed(2).padStart(6)}`,
  );
  console.log(`  ${subject.padEnd(24)} ${figures.join("  ")} ms, ${agesInMs.length} messages`);
}
