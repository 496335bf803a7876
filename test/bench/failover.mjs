import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { Clients } from "./support/clients.mjs";
import { judge, printQuestion } from "./support/report.mjs";
import { readCount } from "./support/settings.mjs";
import { quantile } from "./support/statistics.mjs";
import { Worker } from "./support/worker.mjs";

const perSecond = 50;
const scheduleInMs = 5000;
const lanes = 6;
const idleLanes = 12;
const patienceInMs = 15_000;
const goals = { crashInMs: 1000, idleInMs: scheduleInMs + 2000, blackholeInMs: 2500, slowdown: 3 };
const fault = { beforeInMs: 5000, duringInMs: 30_000 };

/** How long until a region that fails is found out, and what do clients feel of it? */
export async function run() {
  const rounds = readCount("BENCH_ROUNDS", 10);
  const emulators = await Worker.start("servers/emulators.mjs");
  const app = await Worker.start("servers/app.mjs");
  const world = { emulators, app };

  printQuestion("Failover: how long is a primary used that fails?", [
    "Two regions, options as they are by default; every fault meets a fresh app server at a random",
    `moment. Traffic is ${perSecond} negotiates a second. From before the fault is put in, until the endpoint`,
    "is taken out (down), and until the last request that was answered with it (named).",
  ]);
  const traffic = { negotiatesPerSecond: perSecond };
  const both = { negotiatesPerSecond: perSecond, broadcastsPerSecond: 5 };
  const crash = await many(rounds, lanes, () => trial(world, "crash", traffic));
  print("crash, negotiates only", crash, goals.crashInMs);
  const loud = await many(rounds, lanes, () => trial(world, "crash", both));
  print("crash, and 5 broadcasts/s", loud, goals.crashInMs);
  const blackhole = await many(rounds, lanes, () => trial(world, "blackhole", traffic));
  print("blackhole, negotiates only", blackhole, goals.blackholeInMs);
  const silent = await many(rounds, lanes, () => trial(world, "blackhole", both));
  print("blackhole, and 5 broadcasts/s", silent, goals.blackholeInMs);
  const idle = await many(Math.ceil(rounds / 3), idleLanes, () => trial(world, "crash", {}));
  print("crash, no traffic at all", idle, goals.idleInMs);

  printQuestion("Failover: how long do clients wait for negotiate during a fault?", [
    `${perSecond * 2} negotiates a second, ${fault.beforeInMs / 1000} s before a fault and ${fault.duringInMs / 1000} s from its first moment on.`,
  ]);
  for (const kind of ["crash", "blackhole"]) {
    const trials = Math.max(2, Math.ceil(rounds / 4));
    const results = await many(1, trials, () => waits(world, kind));
    const [before, during] = [0, 1].map((part) => results.flatMap((result) => result[part]));
    const slowdown = quantile(during, 0.99) / quantile(before, 0.99);
    printLatency(`before the ${kind}`, before);
    printLatency(`during the ${kind}`, during);
    const verdict = judge(slowdown <= goals.slowdown, `p99 <= ${goals.slowdown} x`);
    console.log(
      `  ${"p99, during against before".padEnd(34)}${slowdown.toFixed(1).padStart(14)} x${verdict}`,
    );
  }
  await Promise.all([emulators.stop(), app.stop()]);
}

/** Results of `rounds` trials in each of several lanes, which run side by side. */
async function many(rounds, count, task) {
  const lane = async () => {
    const results = [];
    for (let round = 0; round < rounds; round++) results.push(await task());
    return results;
  };
  return (await Promise.all(Array.from({ length: count }, lane))).flat();
}

/** A fresh app server with two regions; `task` is told how to break the primary. */
async function withServer({ emulators, app }, task) {
  const id = randomUUID();
  const { index, connectionStrings } = await emulators.call("open", 2);
  const endpoints = ["primary", "secondary"].map((role, place) => ({
    name: role,
    role,
    connectionString: connectionStrings[place],
  }));
  const url = await app.call("open", { id, endpoints });
  try {
    return await task({ id, url, break: (kind) => emulators.call("inject", { index, kind }) });
  } finally {
    // Broken services would hold up the end of what still waits for them.
    await emulators.call("clear", { index });
    await app.call("close", id);
    await emulators.call("close", { index, count: 2 });
  }
}

/** One fault: after how many milliseconds the primary was taken out, and last named. */
function trial(world, kind, { negotiatesPerSecond, broadcastsPerSecond }) {
  const { app } = world;
  return withServer(world, async (server) => {
    const clients = negotiatesPerSecond && new Clients(server.url, negotiatesPerSecond);
    const broadcasts =
      broadcastsPerSecond &&
      setInterval(() => app.call("broadcast", server.id), 1000 / broadcastsPerSecond);
    await delay(500 + Math.random() * (clients ? 1500 : scheduleInMs));
    const brokenAt = Date.now();
    await server.break(kind);
    const down = await firstDown(app, server.id, brokenAt);
    await delay(500);
    clearInterval(broadcasts);
    clients?.stop();
    const late = (clients?.samples ?? []).filter(
      ({ endpoint, sentAt }) => endpoint === "primary" && sentAt >= brokenAt,
    );
    const named = Math.max(0, ...late.map(({ sentAt }) => sentAt - brokenAt));
    return { down: down - brokenAt, named };
  });
}

async function firstDown(app, id, brokenAt) {
  while (Date.now() < brokenAt + patienceInMs) {
    const [down] = await app.call("downs", id);
    if (down) return down.at;
    await delay(50);
  }
  return Number.POSITIVE_INFINITY;
}

/** Durations of negotiates before a fault, and during it; infinite for those that failed. */
function waits(world, kind) {
  return withServer(world, async (server) => {
    const clients = new Clients(server.url, perSecond * 2);
    // The first second is for connecting, and for the code to be compiled.
    await delay(1000 + fault.beforeInMs);
    const brokenAt = Date.now();
    await server.break(kind);
    await delay(fault.duringInMs + 1000);
    clients.stop();
    const between = (from, to) =>
      clients.samples
        .filter(({ sentAt }) => sentAt >= from && sentAt < to)
        .map(({ endpoint, durationInMs }) => (endpoint ? durationInMs : Number.POSITIVE_INFINITY));
    return [
      between(brokenAt - fault.beforeInMs, brokenAt),
      between(brokenAt, brokenAt + fault.duringInMs),
    ];
  });
}

function print(subject, trials, goalInMs) {
  const downs = trials.map(({ down }) => down);
  const named = trials.map(({ named }) => named);
  const line = (what, values, verdict = "") => {
    const figures = [0.5, 0.99, 1].map((share) =>
      `${quantile(values, share).toFixed(0)}`.padStart(6),
    );
    const label = `${subject}: ${what}`.padEnd(38);
    console.log(`  ${label} p50 ${figures[0]}  p99 ${figures[1]}  max ${figures[2]} ms${verdict}`);
  };
  const verdict = (values) => judge(quantile(values, 0.99) <= goalInMs, `p99 <= ${goalInMs} ms`);
  line("down", downs, verdict(downs));
  // Without traffic there is nobody to be sent anywhere.
  if (named.some((duration) => duration > 0)) line("named", named, verdict(named));
}

function printLatency(subject, durations) {
  const figure = (share) => `${quantile(durations, share).toFixed(1)}`.padStart(7);
  console.log(
    `  ${subject.padEnd(24)} p50 ${figure(0.5)}  p99 ${figure(0.99)}  max ${figure(1)} ms, ${durations.length} negotiates`,
  );
}
