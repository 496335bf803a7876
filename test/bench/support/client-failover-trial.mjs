import { setTimeout as delay } from "node:timers/promises";
import { calm, machineBusyInMs } from "./machine.mjs";
import { wallClock } from "./wall-clock.mjs";
import { Worker } from "./worker.mjs";

const processes = 2;
const everyInMs = 100;
// Longer than a connection takes to count as stable, and than the app server takes to count all clients and
// to tell them, for clients that make that difference.
const settledInMs = 21_000;
const calmWithinInMs = 5000;
const firstLookInMs = 3000;
const silentAfterInMs = 1000;
// Who has come back may be sent elsewhere once more.
const aftermathInMs = 3000;
const arrivalInMs = 1000;
const idleInMs = 2000;

/** One fault, met by so many clients of one make, all in fresh processes. */
export async function trial({ make, fault, clients, patienceInMs, hasTwoApps = false }) {
  await calm(calmWithinInMs);
  const world = await settle(make, clients, hasTwoApps);
  const { regions, app, doomed, clientProcesses, all } = world;
  const silent = async () => (await all("silentFor", silentAfterInMs)).reduce((a, b) => a + b);
  if ((await silent()) > 0) throw new Error("Not all clients heard broadcasts before the fault.");

  const idle = await watch([regions, app, ...clientProcesses]);
  await delay(idleInMs);
  const idleCores = (await idle()).clientCores;
  await all("reset");
  const resources = await watch([regions, app, ...clientProcesses]);
  const first = (await app.call("number")) + 1;
  const struckAt = wallClock();
  doomed?.kill();
  // A restart takes its time, and the clients do not wait for its end.
  const struck = regions.call("strike", fault);
  const returned = async () => {
    while ((await silent()) > 0 && wallClock() < struckAt + patienceInMs) await delay(250);
  };
  await delay(firstLookInMs);
  await returned();
  await delay(aftermathInMs);
  await returned();
  await struck;
  const last = await app.call("finish");
  const { clientCores, durationInMs, ...machine } = await resources();
  // What the broadcasts cost goes on all the time.
  machine.moveInMs = ((clientCores - idleCores) * durationInMs) / clients;
  await delay(arrivalInMs);

  const sums = await all("sum", { first, last, latest: silentAfterInMs / everyInMs });
  const negotiates = await app.call("negotiatesSince", struckAt);
  await Promise.all(clientProcesses.map((worker) => worker.stop()));
  await Promise.all([app.stop(), regions.stop()]);
  const rejections = sums.reduce((total, sum) => total + sum.rejections, 0);
  return { clients: sums.flatMap((sum) => sum.clients), negotiates, rejections, machine };
}

async function settle(make, clients, hasTwoApps) {
  const regions = await Worker.start("servers/regions.mjs");
  const { endpoints } = regions.info;
  const startApp = () => Worker.start("servers/broadcasting-app.mjs", { endpoints, everyInMs });
  const doomed = hasTwoApps ? await startApp() : undefined;
  // It does not broadcast: one does.
  await doomed?.call("finish");
  const app = await startApp();
  const clientProcesses = await Promise.all(
    Array.from({ length: processes }, () => Worker.start("support/client-failover-process.mjs")),
  );
  const all = (name, argument) =>
    Promise.all(clientProcesses.map((worker) => worker.call(name, argument)));
  const urls = [doomed, app].flatMap((each) => each?.info.url ?? []);
  const open = (worker, index) =>
    worker.call("open", { make, urls, count: Math.floor((clients + index) / processes) });
  await Promise.all(clientProcesses.map(open));
  await delay(settledInMs);
  return { regions, app, doomed, clientProcesses, all };
}

/** What the workers, and all others, take of the machine from now on. */
async function watch(workers) {
  const sum = (values) => values.reduce((total, value) => total + value, 0);
  const each = (name) => Promise.all(workers.map((worker) => worker.call(name)));
  await each("longestStallInMs");
  const startedAt = performance.now();
  const busy = machineBusyInMs();
  const own = await each("cpuInMs");
  return async () => {
    const ownInMs = (await each("cpuInMs")).map((inMs, index) => inMs - own[index]);
    const [regions, app, ...clients] = ownInMs;
    const [regionsStall, appStall, ...clientStalls] = await each("longestStallInMs");
    const durationInMs = performance.now() - startedAt;
    return {
      durationInMs,
      clientCores: sum(clients) / durationInMs,
      cpuInMs: { regions, app, clients: sum(clients) },
      stallInMs: { regions: regionsStall, app: appStall, clients: Math.max(...clientStalls) },
      otherCores: (machineBusyInMs() - busy - sum(ownInMs)) / durationInMs,
    };
  };
}
