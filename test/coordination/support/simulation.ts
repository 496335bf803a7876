import { Judge, type Verdict } from "./judge.ts";
import { longestStayInMs } from "./judge-of-clients.ts";
import { quietFrom, type Scenario } from "./scenario.ts";
import { SimulatedCluster } from "./simulated-cluster.ts";
import { HOLD_DOWN_IN_MS } from "./simulated-process.ts";
import type { StoreDefects } from "./simulated-store.ts";

export interface SimulationOptions {
  readonly defects?: StoreDefects;
  /** Writes down all that happens. */
  readonly isTraced?: boolean;
}

/** Runs a cluster through all that happens to it, and then for as long again as it takes to see that it is quiet. */
export async function simulate(
  scenario: Scenario,
  { defects, isTraced = false }: SimulationOptions = {},
): Promise<Verdict> {
  const judge = new Judge({ isTraced });
  const world = new SimulatedCluster(scenario, judge, defects);
  judge.observe(world);
  const { timeline } = world;
  const { leaseInMs, pollIntervalInMs } = scenario;
  const quietAt = quietFrom(scenario);
  const settledAt = quietAt + 3 * leaseInMs + 5 * pollIntervalInMs + HOLD_DOWN_IN_MS;
  await timeline.runUntil(quietAt);
  world.isQuiet = true;
  await timeline.runUntil(settledAt);
  judge.beginWatch();
  await timeline.runUntil(settledAt + 2 * leaseInMs);
  judge.endWatch();
  const endAt = timeline.now + longestStayInMs(scenario);
  while (!judge.areClientsTogether && timeline.now < endAt) {
    await timeline.runUntil(timeline.now + pollIntervalInMs);
  }
  judge.end();
  return judge.verdict;
}
