import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { judge, printFigure, printQuestion, printRatio } from "./support/report.mjs";
import { readCount } from "./support/settings.mjs";
import { median, ratios } from "./support/statistics.mjs";
import { Worker } from "./support/worker.mjs";

const goalsInMs = {
  "startEmulator(), first": 300,
  "the same with tls, first": 300,
  "cold: resilient-pubsub emulator": 300,
  "cold: the same with --tls": 400,
};
const rival = "cold: bare HTTP server";
const cli = fileURLToPath(new URL("dist/cli.cjs", import.meta.url));
const bareProgram =
  'require("node:http").createServer().listen(0, "127.0.0.1", () => console.log("listening"))';

/** How long does one wait for the emulator? */
export async function run() {
  const rounds = readCount("BENCH_ROUNDS", 15);
  printQuestion("Start: how long until the emulator listens?", [
    "Every round in fresh processes. Cold is from spawning Node to the first line of the command;",
    "its rival is the same Node with a bare HTTP server.",
  ]);
  const samples = {
    "startEmulator(), first": [],
    "startEmulator(), second": [],
    "the same with tls, first": [],
    "the same with tls, second": [],
    "cold: resilient-pubsub emulator": [],
    "cold: the same with --tls": [],
    [rival]: [],
  };
  const add = (subject, duration) => samples[subject].push(duration);
  for (let round = -1; round < rounds; round++) {
    const plain = await startInside({});
    const tls = await startInside({ tls: true });
    const cold = await startCold([cli, "emulator", "--port", "0"]);
    const coldTls = await startCold([cli, "emulator", "--port", "0", "--tls"]);
    const bare = await startCold(["-e", bareProgram]);
    if (round < 0) continue;
    add("startEmulator(), first", plain.first);
    add("startEmulator(), second", plain.second);
    add("the same with tls, first", tls.first);
    add("the same with tls, second", tls.second);
    add("cold: resilient-pubsub emulator", cold);
    add("cold: the same with --tls", coldTls);
    add(rival, bare);
  }
  for (const [subject, durations] of Object.entries(samples)) {
    printFigure(subject, durations, "ms", 1);
  }
  for (const subject of Object.keys(samples).filter((name) =>
    /^cold: .*(emulator|tls)$/.test(name),
  )) {
    printRatio(`${subject}, to bare`, ratios(samples[subject], samples[rival]));
  }
  for (const [subject, goalInMs] of Object.entries(goalsInMs)) {
    const typical = median(samples[subject]);
    const verdict = judge(typical <= goalInMs, `<= ${goalInMs} ms`);
    console.log(`  ${subject}: ${typical.toFixed(1)} ms${verdict}`);
  }
}

async function startInside(options) {
  const worker = await Worker.start("servers/start.mjs", options);
  await worker.stop();
  return worker.info;
}

async function startCold(argv) {
  const start = performance.now();
  const child = spawn(process.execPath, argv, { stdio: ["ignore", "pipe", "inherit"] });
  const exit = once(child, "exit");
  await once(child.stdout, "data");
  const duration = performance.now() - start;
  child.kill();
  await exit;
  return duration;
}
