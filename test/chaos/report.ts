import { distributionOf } from "../../demo-app/kit/distribution.ts";
import type { ChaosResult } from "./chaos-run.ts";

const maxLines = 30;

/** The result as people read it. */
export function linesOf(result: ChaosResult): string[] {
  const { seed, cycles, violations, measurements, memory, memoryGrowthInMib } = result;
  const { detection, lastNamed, failback, unnoticed, unused, notReturned } = measurements;
  const growth =
    memoryGrowthInMib === undefined
      ? "too few readings to tell its growth"
      : `${memoryGrowthInMib.toFixed(1)} MiB more in the last third than in the one before`;
  return [
    `seed ${seed}, ${cycles} cycles in ${(result.durationInMs / 1000).toFixed(0)} s: ` +
      `${result.negotiates} negotiates, ${result.broadcasts} broadcasts`,
    "",
    distributionLine("crash: taken out after", detection.crash),
    distributionLine("crash: last named after", lastNamed.crash),
    distributionLine("blackhole: taken out after", detection.blackhole),
    distributionLine("blackhole: last named after", lastNamed.blackhole),
    distributionLine("identity: taken out after", detection.identity),
    distributionLine("identity: last named after", lastNamed.identity),
    distributionLine("used again, first time", failback.first),
    distributionLine("used again, after a flap", failback.afterFlap),
    `  outages: ${unnoticed} over before noticed, ${unused} of an endpoint not used yet; ` +
      `${notReturned} not used again in time`,
    `  broadcasts that skipped an endpoint back for 3 s but not trusted yet: ${result.withheld}`,
    `  ${result.poisoned} of the broadcasts poisoned; ${burstsOf(result)}`,
    `  ${failoversOf(result)}`,
    `  memory in use ${memory.at(-1)?.toFixed(1)} MiB, ${growth}`,
    `  longest stall of this process: ${result.longestStallInMs.toFixed(0)} ms`,
    "",
    ...(violations.length === 0 ? ["Every expectation is met."] : violationLines(result)),
  ];
}

function burstsOf({ bursts, burstEnds }: ChaosResult): string {
  const ends = Object.entries(burstEnds).map(([end, count]) => `${count} ${end}`);
  return `${bursts} bursts of sends (${ends.join(", ")})`;
}

function failoversOf({ isRedisInstalled, failovers, agreedNegotiates }: ChaosResult): string {
  if (!isRedisInstalled) return "no redis failovers: there is no redis-server on the PATH";
  return `${failovers} redis failovers under ${agreedNegotiates} negotiates of app servers that agree`;
}

function violationLines({ seed, cycles, violations }: ChaosResult): string[] {
  const lines = violations.map(({ cycle, what }) => `  cycle ${cycle}: ${what}`);
  const more = lines.length - maxLines;
  return [
    `${violations.length} VIOLATIONS`,
    ...lines.slice(0, maxLines),
    ...(more > 0 ? [`  and ${more} more`] : []),
    `Repeat with: npm run chaos -- --seed ${seed} --cycles ${cycles}`,
  ];
}

function distributionLine(what: string, values: readonly number[]): string {
  const { length } = values;
  if (length === 0) return `  ${what.padEnd(30)} never`;
  const figures = Object.entries(distributionOf(values)).map(
    ([name, value]) => `${name} ${String(Math.round(value)).padStart(5)}`,
  );
  return `  ${what.padEnd(30)} ${figures.join("  ")}  ms, ${length} times`;
}
