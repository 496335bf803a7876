import { setTimeout as delay } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

const MIB = 1024 ** 2;
/** Fewer readings say nothing: the first ones still grow, as code is compiled and pools are filled. */
const LEAST_READINGS = 8;
const maxGrowthInMiB = 4;

/** Memory in use after garbage collection, in MiB. */
export async function memoryInUse(): Promise<number> {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  // Twice, with a pause: finalizers let go of some only then.
  for (let pass = 0; pass < 2; pass++) {
    collect();
    await delay(20);
  }
  const { heapUsed, external } = process.memoryUsage();
  return (heapUsed + external) / MIB;
}

/**
 * How much more is in use in the last third of the readings than in the one before, in MiB;
 * undefined when there are too few to tell.
 */
export function growthOf(readings: readonly number[]): number | undefined {
  if (readings.length < LEAST_READINGS) return undefined;
  const third = Math.floor(readings.length / 3);
  return median(readings.slice(-third)) - median(readings.slice(-2 * third, -third));
}

export const isFlat = (growthInMib: number | undefined): boolean =>
  growthInMib === undefined || growthInMib < maxGrowthInMiB;

export function median(values: readonly number[]): number {
  const ascending = [...values].sort((a, b) => a - b);
  return ascending[Math.floor(ascending.length / 2)] ?? 0;
}
