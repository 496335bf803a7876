import { Worker } from "./worker.mjs";

const connections = 32;

/**
 * Loads servers in turn, round by round; answers what was measured of each job.
 *
 * @param jobs By name: a server, and the requests to it, each of which has a path. Direct ones are
 * made by the server's own process.
 */
export async function compareJobs(jobs, { rounds, seconds }) {
  const load = await Worker.start("support/load.mjs");
  const names = Object.keys(jobs);
  const results = Object.fromEntries(
    names.map((name) => [name, { perSecond: [], p99InMs: [], cpuInMs: [] }]),
  );
  for (let round = -1; round < rounds; round++) {
    for (const name of round % 2 === 0 ? names : names.toReversed()) {
      const { server, requests, isDirect = false } = jobs[name];
      const before = await server.call("cpuInMs");
      const job = { url: server.info.endpoint, seconds, connections, requests };
      const { count, perSecond, p99InMs } = await (isDirect ? server : load).call("fire", job);
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

/** The same for several servers with one route. */
export function compareRoutes(servers, { path, rounds, seconds }) {
  const jobs = Object.entries(servers).map(([name, server]) => [
    name,
    { server, requests: [{ path }] },
  ]);
  return compareJobs(Object.fromEntries(jobs), { rounds, seconds });
}
