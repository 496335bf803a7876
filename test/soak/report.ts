import { growthOf, type SoakFigures } from "./verdict.ts";

/** The result as people read it. */
export function linesOf(figures: SoakFigures, violations: readonly string[]): string[] {
  const { negotiates, faults, last, rssInMib } = figures;
  const kinds = Object.entries(faults).map(([kind, count]) => `${count} ${kind}`);
  const growth = (growthOf(rssInMib) * 100).toFixed(1);
  return [
    `${negotiates} negotiates and ${last.broadcasts} broadcasts in ${rssInMib.length} s`,
    `faults: ${kinds.join(", ")}`,
    `memory of the app server: ${last.rssInMib.toFixed(0)} MiB, ${growth} % more than after its warm-up`,
    ...(violations.length === 0
      ? ["Every expectation is met."]
      : [`${violations.length} VIOLATIONS`, ...violations.map((what) => `  ${what}`)]),
  ];
}
