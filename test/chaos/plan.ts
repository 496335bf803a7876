import {
  between,
  createRandomSource,
  oneOf,
  type RandomSource,
  shuffled,
} from "./random-source.ts";

export const REGIONS = ["east", "west", "south"] as const;
export type RegionName = (typeof REGIONS)[number];

export type Kind = "crash" | "blackhole";

/** One outage of one region. */
export interface Cycle {
  /** Counts through the whole run, from 1. */
  readonly number: number;
  readonly kind: Kind;
  /** Whether the region is given time to be used again before it breaks. */
  readonly waitsForReturn: boolean;
  /** Pause before it breaks. */
  readonly restInMs: number;
  /** How long it stays broken. */
  readonly holdInMs: number;
}

/**
 * A stretch of the run with an app server of its own. An endpoint that breaks again and again is
 * trusted less and less, for a minute at last: without fresh servers, most cycles would break
 * something that nobody uses any more.
 */
export interface Scene {
  /** Endpoints of the server in their order. */
  readonly order: readonly RegionName[];
  /** How many of them, from the first on, are primaries. */
  readonly primaries: 1 | 2;
  readonly schedule: string | false;
  /** What happens to the two regions that are not spared, side by side. */
  readonly lanes: readonly { readonly region: RegionName; readonly cycles: readonly Cycle[] }[];
}

export interface Plan {
  /** The region that is up from the first to the last moment. */
  readonly spared: RegionName;
  readonly scenes: readonly Scene[];
}

const CYCLES_A_LANE = 2;

/** The whole run, drawn before it starts: the same for the same seed and number of cycles. */
export function drawPlan(seed: number, cycles: number): Plan {
  const random = createRandomSource(seed);
  const [spared, ...broken] = shuffled(random, REGIONS) as [RegionName, ...RegionName[]];
  const scenes: Scene[] = [];
  let drawn = 0;
  while (drawn < cycles) {
    const lanes = broken.map((region) => {
      const count = Math.min(CYCLES_A_LANE, cycles - drawn);
      const first = drawn + 1;
      drawn += count;
      return {
        region,
        cycles: Array.from({ length: count }, (_, i) => drawCycle(random, first + i)),
      };
    });
    scenes.push({
      order: shuffled(random, REGIONS),
      primaries: oneOf(random, [1, 1, 2]),
      schedule: oneOf(random, ["*/5 * * * * *", "* * * * * *", false]),
      lanes,
    });
  }
  return { spared, scenes };
}

function drawCycle(random: RandomSource, number: number): Cycle {
  const kind = oneOf<Kind>(random, ["crash", "blackhole"]);
  return {
    number,
    kind,
    waitsForReturn: random() < 0.7,
    restInMs: between(random, 0, 1200),
    // Long enough that a late answer would be seen; now and then too short to be noticed at all.
    holdInMs: random() < 0.15 ? between(random, 50, 900) : HOLD_IN_MS[kind](random),
  };
}

const HOLD_IN_MS: Record<Kind, (random: RandomSource) => number> = {
  crash: (random) => between(random, 1500, 3000),
  blackhole: (random) => between(random, 3200, 5000),
};
