import { judge, printFigure, printRatio } from "./report.mjs";
import { median, ratios } from "./statistics.mjs";
import { Worker } from "./worker.mjs";

const seconds = 2;

/**
 * Has an app broadcast in each of several ways in turn, round by round; answers what was measured of each.
 *
 * @param program What broadcasts, or sends otherwise.
 * @param options Of all apps: the endpoints, and what some ways need besides.
 */
export async function compareBroadcasters(
  ways,
  services,
  { program = "support/broadcaster.mjs", rounds, callers, options },
) {
  const apps = {};
  const results = {};
  for (const way of ways) {
    apps[way] = await Worker.startSeveral(program, { ...options, way });
    results[way] = { perSecond: [], cpuInMs: [], busy: [] };
  }
  for (let round = -1; round < rounds; round++) {
    for (const way of round % 2 === 0 ? ways : ways.toReversed()) {
      const before = await services.call("cpuInMs");
      const app = apps[way][(round + 1) % apps[way].length];
      const { perSecond, cpuInMs, elapsedInMs } = await app.call("fire", { callers, seconds });
      const cpuOfServices = (await services.call("cpuInMs")) - before;
      if (round < 0) continue;
      results[way].perSecond.push(perSecond);
      results[way].cpuInMs.push(cpuInMs);
      results[way].busy.push((cpuOfServices / elapsedInMs) * 100);
    }
  }
  await Promise.all(
    Object.values(apps)
      .flat()
      .map((app) => app.stop()),
  );
  return results;
}

export function printBroadcasters(labels, results) {
  for (const [way, { perSecond, cpuInMs, busy }] of Object.entries(results)) {
    printFigure(labels[way], perSecond, "broadcasts/s");
    printFigure("  CPU per broadcast", cpuInMs, "ms", 3);
    printFigure("  the endpoints' process is busy", busy, "%");
  }
}

/** @param goal The smallest ratio of their rates that is good enough. */
export function printAgainst(label, ours, theirs, goal) {
  const rate = ratios(ours.perSecond, theirs.perSecond);
  printRatio(label, rate, judge(median(rate) >= goal, `>= ${goal} x`));
  printRatio("  the same in CPU", ratios(theirs.cpuInMs, ours.cpuInMs));
}
