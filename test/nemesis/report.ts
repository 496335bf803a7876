import { distributionOf } from "../../demo-app/kit/distribution.ts";
import type { NemesisResult } from "./nemesis-run.ts";

const maxLinesOfARule = 8;

/** The result as people read it. */
export function linesOf({
  settings,
  verdicts,
  violations,
  statistics,
  folder,
}: NemesisResult): string[] {
  const { seed, store, servers, endpoints, clients, pollInMs, leaseInMs } = settings;
  const { durationInMs, faults, skipped, agreements, longestLagInMs } = statistics;
  const count = Object.values(faults).reduce((sum, it) => sum + it, 0);
  const kinds = Object.entries(faults).sort(([, a], [, b]) => b - a);
  return [
    `seed ${seed}, ${store}, ${servers.length} servers, ${endpoints.length} endpoints, ${clients.length} clients, ` +
      `poll ${pollInMs} ms, lease ${leaseInMs} ms: ${(durationInMs / 1000).toFixed(0)} s, ${agreements} agreements`,
    `${count} faults, and ${skipped} that met another one:`,
    ...kinds.map(([kind, times]) => `  ${String(times).padStart(4)} ${kind}`),
    "",
    ...verdicts.map(
      ({ rule, checked, excused, violations: found }) =>
        `  ${String(checked).padStart(7)} checks, ${String(found.length).padStart(4)} violations, ${String(excused).padStart(5)} excused: ${rule}`,
    ),
    "",
    distributionLine("active endpoint crashed, agreed", statistics.agreedInMs),
    distributionLine("active endpoint crashed, client back", statistics.clientsBackInMs),
    distributionLine("all mended, all well for a second", statistics.settledInMs),
    `  longest stall of the conductor ${longestLagInMs.toFixed(0)} ms`,
    "",
    ...(violations.length === 0 ? ["Every rule is kept."] : violationLines(violations, folder)),
  ];
}

function violationLines(
  violations: NemesisResult["violations"],
  folder: string | undefined,
): string[] {
  const rules = [...new Set(violations.map(({ rule }) => rule))];
  const lines = rules.flatMap((rule) => {
    const ofRule = violations.filter((it) => it.rule === rule);
    const more = ofRule.length - maxLinesOfARule;
    return [
      `  ${rule}`,
      ...ofRule.slice(0, maxLinesOfARule).map(({ when, what }) => `    ${when}: ${what}`),
      ...(more > 0 ? [`    and ${more} more`] : []),
    ];
  });
  return [`${violations.length} VIOLATIONS`, ...lines, `The recording is in ${folder}`];
}

function distributionLine(what: string, values: readonly number[]): string {
  if (values.length === 0) return `  ${what.padEnd(38)} never`;
  const figures = Object.entries(distributionOf(values)).map(
    ([name, value]) => `${name} ${String(Math.round(value)).padStart(5)}`,
  );
  return `  ${what.padEnd(38)} ${figures.join("  ")}  ms, ${values.length} times`;
}
