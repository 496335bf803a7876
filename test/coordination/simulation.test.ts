import fc from "fast-check";
import { runs } from "../support/runs.ts";
import { deployments, type Outage, outages, scenarios } from "./support/random-scenarios.ts";
import { expectNoRejections } from "./support/rejections.ts";
import { simulate } from "./support/simulation.ts";
import * as targetedScenarios from "./support/targeted-scenarios.ts";

/*
 * The real coordinators and sweeps of up to nine servers on a virtual clock, with clients, and with a
 * store, endpoints, a network and processes that fail in every way. A failing run prints its seed and the smallest scenario that
 * breaks it; `simulate(scenario, { isTraced: true })` tells its story. What must never happen is in
 * `support/judge.ts` and the judges that it asks.
 *
 * SIMULATION_RUNS=20000 npx jest --selectProjects long simulation
 */
const usual = runs(100, 10).numRuns;
const tries = Number(process.env.SIMULATION_RUNS ?? usual);
const given = process.env.SIMULATION_SEED;

jest.setTimeout(6 * 3_600_000);

expectNoRejections();

async function assertFor<T>(
  arbitrary: fc.Arbitrary<T>,
  numRuns: number,
  property: (value: T) => Promise<void>,
): Promise<void> {
  const seed = given === undefined ? {} : { seed: Number(given) };
  await fc.assert(fc.asyncProperty(arbitrary, property), { numRuns, ...seed });
}

it("whatever fails, no invariant of the agreement is violated, and in the end all servers agree", async () => {
  await assertFor(scenarios, tries, async (scenario) => {
    expect((await simulate(scenario)).violations).toEqual([]);
  });
});

it("where one rule matters more than all others, it holds", async () => {
  const arbitrary = fc.oneof(...Object.values(targetedScenarios));
  await assertFor(arbitrary, tries / 5, async (scenario) => {
    expect((await simulate(scenario)).violations).toEqual([]);
  });
});

it("servers that start late, restart, end or pause move nobody", async () => {
  await assertFor(deployments, tries / 5, async (scenario) => {
    const { violations, agreements } = await simulate(scenario);
    expect(violations).toEqual([]);
    expect(agreements.length).toBeLessThanOrEqual(1);
  });
});

it("when most servers see the active endpoint unhealthy, all answer with another one in time", async () => {
  await assertFor(outages, tries / 5, async (outage) => {
    const { violations, agreements, answers } = await simulate(outage.scenario);
    expect(violations).toEqual([]);
    const servers = new Set(answers.map(({ server }) => server));
    const epoch = agreements.findIndex(({ reason }) => reason === "active-unhealthy") + 1;
    const moved = answers.filter((answer) => answer.epoch === epoch);
    // The one that comes back when all is over is another one, and a leader that died need not move.
    const absent = outage.leaderDiesAt === undefined ? 0 : 2;
    expect(moved.length).toBeGreaterThanOrEqual(servers.size - absent);
    const inTime = moved.filter(({ server }) => server !== "s0.2");
    expect(Math.max(...inTime.map(({ at }) => at))).toBeLessThanOrEqual(deadlineOf(outage));
  });
});

/** See "how long a move takes" in docs/client-client.md: the sum of what has to wait for what. */
function deadlineOf({ scenario, at, leaderDiesAt }: Outage): number {
  const { leaseInMs, network, pollIntervalInMs, servers } = scenario;
  const slowestClock = 1.02;
  const callInMs = 2 * network.delayInMs + 1;
  const seenAt = at + Math.max(...servers.map(({ detectionInMs }) => detectionInMs));
  if (leaderDiesAt === undefined) {
    return seenAt + slowestClock * 2.25 * pollIntervalInMs + 12 * callInMs;
  }
  const since = Math.max(seenAt, leaderDiesAt);
  return since + slowestClock * ((5 / 3) * leaseInMs + 5 * pollIntervalInMs) + 20 * callInMs;
}
