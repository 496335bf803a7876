import {
  between,
  createRandomSource,
  oneOf,
  type RandomSource,
  shuffled,
} from "../support/random-source.ts";

export const REGIONS = ["east", "west", "south"] as const;
export type RegionName = (typeof REGIONS)[number];

/** What happens to a region; by "identity" app servers get no tokens for it any more. */
export type Kind = "crash" | "blackhole" | "identity";

/** What a credential does that gives no tokens. */
export type Silence = "throws" | "hangs" | "null" | "nonsense";

/** One outage of one region, or one burst of sends while none has any. */
export interface Cycle {
  /** Counts through the whole run, from 1. */
  readonly number: number;
  readonly kind: Kind | "burst";
  /** Whether the region is given time to be used again before it breaks. */
  readonly waitsForReturn: boolean;
  /** Pause before it breaks. */
  readonly restInMs: number;
  /** How long it stays broken; the deadline of the sends of a burst. */
  readonly holdInMs: number;
  /** Of an identity outage. */
  readonly silence: Silence;
}

/** The replica of the store's redis becomes its primary: by an orderly handover, or as its primary is killed. */
export interface Failover {
  readonly kind: "handover" | "kill";
  /** From the start of the scene. */
  readonly afterInMs: number;
  /** How long the name leads to where no primary is any more. */
  readonly awayInMs: number;
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
  /** What happens to the two regions that are not spared, side by side; or a burst of sends to any. */
  readonly lanes: readonly { readonly region: RegionName; readonly cycles: readonly Cycle[] }[];
  /** What happens to the store of the pair meanwhile. */
  readonly failover: Failover | undefined;
}

export interface Plan {
  /** The region that is given by credential: one of those that are not spared. */
  readonly byCredential: RegionName;
  /** The region that is up from the first to the last moment. */
  readonly spared: RegionName;
  readonly scenes: readonly Scene[];
}

const CYCLES_A_LANE = 2;
const SHARE_OF_BURSTS = 0.2;
const SHARE_OF_IDENTITY_OUTAGES = 0.35;

/** The whole run, drawn before it starts: the same for the same seed and number of cycles. */
export function drawPlan(seed: number, cycles: number): Plan {
  const random = createRandomSource(seed);
  const [spared, ...broken] = shuffled(random, REGIONS) as [RegionName, RegionName, RegionName];
  const byCredential = oneOf(random, broken);
  const scenes: Scene[] = [];
  let drawn = 0;
  const lane = (region: RegionName, kinds: readonly Cycle["kind"][]) => {
    const due = kinds.slice(0, cycles - drawn);
    const first = drawn + 1;
    drawn += due.length;
    return { region, cycles: due.map((kind, i) => drawCycle(random, kind, first + i)) };
  };
  while (drawn < cycles) {
    const isBurst = random() < SHARE_OF_BURSTS;
    scenes.push({
      order: shuffled(random, REGIONS),
      primaries: oneOf(random, [1, 1, 2]),
      schedule: oneOf(random, ["*/5 * * * * *", "* * * * * *", false]),
      // All of this runs in one process, which a burst keeps too busy to find outages in time.
      lanes: isBurst
        ? [lane(oneOf(random, REGIONS), ["burst"])]
        : broken.map((region) => lane(region, drawOutages(random, region === byCredential))),
      failover: drawFailover(random),
    });
  }
  return { spared, byCredential, scenes };
}

function drawOutages(random: RandomSource, isByCredential: boolean): Kind[] {
  const kinds = Array.from({ length: CYCLES_A_LANE }, () =>
    oneOf<Kind>(random, ["crash", "blackhole"]),
  );
  const isDue = random() < SHARE_OF_IDENTITY_OUTAGES;
  const position = random() < 0.5 ? 0 : 1;
  if (isByCredential && isDue) kinds[position] = "identity";
  return kinds;
}

function drawCycle(random: RandomSource, kind: Cycle["kind"], number: number): Cycle {
  const mayBeShort = kind === "crash" || kind === "blackhole";
  return {
    number,
    kind,
    // Whoever does not use the region does not miss its tokens.
    waitsForReturn: random() < 0.7 || kind === "identity",
    restInMs: between(random, 0, 1200),
    // Long enough that a late answer would be seen; now and then too short to be noticed at all.
    holdInMs: random() < 0.15 && mayBeShort ? between(random, 50, 900) : HOLD_IN_MS[kind](random),
    silence: oneOf(random, ["throws", "hangs", "null", "nonsense"]),
  };
}

const HOLD_IN_MS: Record<Cycle["kind"], (random: RandomSource) => number> = {
  crash: (random) => between(random, 1500, 3000),
  blackhole: (random) => between(random, 3200, 5000),
  // The last token lives for up to three seconds of it.
  identity: (random) => between(random, 4000, 6000),
  burst: (random) => oneOf(random, [1000, 5000, 15_000]),
};

function drawFailover(random: RandomSource): Failover | undefined {
  const isNone = random() < 0.4;
  const failover: Failover = {
    kind: oneOf(random, ["handover", "kill"]),
    afterInMs: between(random, 500, 4000),
    awayInMs: between(random, 0, 2000),
  };
  return isNone ? undefined : failover;
}
