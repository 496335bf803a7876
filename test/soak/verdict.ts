import { median } from "../chaos/memory.ts";
import { REGIONS, type RegionName, type ServerReport } from "./process-messages.ts";

export interface SoakFigures {
  readonly negotiates: number;
  /** By what they failed with. */
  readonly failedNegotiates: Readonly<Record<string, number>>;
  /** Messages that a region did not get while nothing was wrong with it. */
  readonly missed: Readonly<Record<RegionName, number>>;
  readonly faults: Readonly<Record<string, number>>;
  readonly last: ServerReport;
  /** Of the app server, one a second. */
  readonly rssInMib: readonly number[];
}

const maxGrowth = 0.05;

/**
 * How much larger the memory of the process is in the last fifth of the time than in the second:
 * the first is its warm-up.
 */
export function growthOf(rssInMib: readonly number[]): number {
  const fifth = Math.floor(rssInMib.length / 5);
  if (fifth === 0) return 0;
  const before = median(rssInMib.slice(fifth, 2 * fifth));
  return median(rssInMib.slice(-fifth)) / before - 1;
}

/** A sentence for each thing that should not have happened. */
export function violationsOf(figures: SoakFigures): string[] {
  const { failedNegotiates, missed, last, rssInMib } = figures;
  const growth = growthOf(rssInMib);
  return [
    ...Object.entries(failedNegotiates).map(
      ([why, count]) => `${count} negotiates failed while one endpoint was up: ${why}`,
    ),
    ...REGIONS.filter((name) => missed[name] > 0).map(
      (name) => `${missed[name]} messages did not reach ${name} while it was up`,
    ),
    ...(last.allDown > 0 ? [`${last.allDown} times no endpoint was left`] : []),
    ...last.unhandledRejections.map((reason) => `unhandled rejection: ${reason}`),
    ...last.warnings.map((warning) => `process warning: ${warning}`),
    ...(growth < maxGrowth ? [] : [`memory grew by ${(growth * 100).toFixed(1)} %`]),
  ];
}
