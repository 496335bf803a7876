import { Worker } from "./worker.mjs";

const fewConnections = 32;

/**
 * Loads servers in turn, round by round; answers what was measured of each job.
 *
 * @param jobs By name: servers of one program, of which each round takes the next, and the requests to
 * them, each of which has a path. Direct ones are made by the server's own process.
 */
export async function compareJobs(jobs, { rounds, seconds, connections = fewConnections }) {
  const load = await Worker.start("support/load.mjs");
  const names = Object.keys(jobs);
  const results = Object.fromEntries(
    names.map((name) => [name, { perSecond: [], p99InMs: [], cpuInMs: [] }]),
  );
  for (let round = -1; round < rounds; round++) {
    for (const name of round % 2 === 0 ? names : names.toReversed()) {
      const { servers, requests, isDirect = false } = jobs[name];
      const server = servers[(round + 1) % servers.length];
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

/**
 * The same for one route.
 *
 * @param subjects By name: servers of one program.
 */
export function compareRoutes(subjects, { path, rounds, seconds }) {
  const jobs = Object.entries(subjects).map(([name, servers]) => [
    name,
    { servers, requests: [{ path }] },
  ]);
  return compareJobs(Object.fromEntries(jobs), { rounds, seconds });
}
