import { Worker } from "./worker.mjs";

const connections = 32;

/** Loads each of several web servers in turn, round by round; answers what was measured of each. */
export async function compareRoutes(servers, { path, rounds, seconds }) {
  const load = await Worker.start("support/load.mjs");
  const names = Object.keys(servers);
  const results = Object.fromEntries(
    names.map((name) => [name, { perSecond: [], p99InMs: [], cpuInMs: [] }]),
  );
  for (let round = -1; round < rounds; round++) {
    for (const name of round % 2 === 0 ? names : names.toReversed()) {
      const server = servers[name];
      const before = await server.call("cpuInMs");
      const job = { url: server.info.endpoint + path, seconds, connections };
      const { count, perSecond, p99InMs } = await load.call("fire", job);
      const cpuInMs = ((await server.call("cpuInMs")) - before) / count;
      if (round < 0) continue;
      results[name].perSecond.push(perSecond);
      results[name].p99InMs.push(p99InMs);
      results[name].cpuInMs.push(cpuInMs);
    }
  }
  await load.stop();
  return results;
}
