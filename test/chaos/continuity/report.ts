import { distributionOf } from "../../../demo-app/kit/distribution.ts";
import type { ContinuityResult } from "./continuity-run.ts";
import { isToldOfRedis, violationsOf, wasRedisAway } from "./judge.ts";

const maxLines = 30;

/** The result as people read it. */
export function linesOf({ sizes, hasRedis, durationInMs, run, verdict }: ContinuityResult) {
  const { seed, cycles, clients, plain, processes, servers, rate } = sizes;
  const violations = violationsOf(verdict);
  const replayed = run.told.reduce((sum, told) => sum + told.replayed, 0);
  const kinds = new Map<string, number>();
  for (const { what } of run.outages) kinds.set(what, (kinds.get(what) ?? 0) + 1);
  const outages = [...kinds].map(([what, count]) => `${count} ${what}`);
  const whileRedisLived = run.moved.filter(({ at }) => !wasRedisAway(run.outages, at, at));
  const reasons = new Map<string, number>();
  for (const told of run.told)
    if (!isToldOfRedis(told, run.outages))
      for (const reason of told.reasons) reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
  const why = [...reasons].map(([reason, times]) => `${times} ${reason}`).join(", ");
  const share = (100 * verdict.recovered.true) / Math.max(1, verdict.recovered.all);
  const count = (history: string): number =>
    run.sent.filter((sent) => sent.history === history).length;
  return [
    `seed ${seed}, ${cycles} cycles in ${(durationInMs / 1000).toFixed(0)} s: ${outages.join(", ")}`,
    `${clients} clients in ${processes} processes, ${plain} plain, ${hasRedis ? servers : 1} app servers, ` +
      `${hasRedis ? "redis" : "NO REDIS"}, ${rate} broadcasts, group sends and publishes a second`,
    "",
    `  sent ${run.sent.length}: ${count("logged")} logged, ${count("bypassed")} bypassed, ${count("failed")} failed`,
    `  delivered ${verdict.delivered}, of them replayed ${replayed}`,
    `  lost ${verdict.lost.length}, doubled ${verdict.doubled.length}, out of order ${verdict.disordered.length}`,
    `  missed and told ${verdict.missedAndTold}, missed and untold ${verdict.untold.length}`,
    `  recovered: true ${verdict.recovered.true} of ${verdict.recovered.all} while redis lived (${share.toFixed(2)} %)`,
    `  why not: ${why || "-"}; histories lost while redis lived ${run.losses}`,
    `  moves ${run.moved.length}, ${run.moved.filter(({ recovered }) => recovered === true).length} recovered`,
    distributionLine("out of service", run.moved, ({ downtimeInMs }) => downtimeInMs),
    distributionLine("catching up after that", whileRedisLived, ({ catchUpInMs }) => catchUpInMs),
    distributionLine("the history answers in", run.reads, (inMs) => inMs),
    `  plain clients: ${verdict.plain.live} live messages as ever, ${verdict.plain.missed} missed`,
    `  complaints of processes ${run.complaints.length}`,
    "",
    ...(violations.length === 0 ? ["Every expectation is met."] : violationLines(violations)),
    ...(violations.length === 0 ? [] : [`Repeat with: npm run chaos -- ${argumentsOf(sizes)}`]),
  ];
}

function argumentsOf(sizes: ContinuityResult["sizes"]): string {
  const options = Object.entries(sizes).map(([name, value]) => `--${name} ${value}`);
  return ["--continuity", ...options].join(" ");
}

function violationLines(violations: readonly string[]): string[] {
  const more = violations.length - maxLines;
  return [
    `${violations.length} VIOLATIONS`,
    ...violations.slice(0, maxLines).map((what) => `  ${what}`),
    ...(more > 0 ? [`  and ${more} more`] : []),
  ];
}

function distributionLine<T>(what: string, items: readonly T[], of: (item: T) => number): string {
  const figures = Object.entries(distributionOf(items.map(of)));
  const text = figures.map(([name, value]) => `${name} ${Math.round(value)}`).join("  ");
  return `  ${what.padEnd(24)} ${text}  ms`;
}
