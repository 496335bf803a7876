import {
  between,
  createRandomSource,
  oneOf,
  type RandomSource,
} from "../../support/random-source.ts";
import type { RedisFault } from "../redis-pair.ts";

export const REGIONS = ["east", "west"] as const;
export type RegionName = (typeof REGIONS)[number];

export const REGION_FAULTS = ["crash", "blackhole", "gray", "restart", "wrongKey"] as const;
export type RegionFault = (typeof REGION_FAULTS)[number];

/** What is broken, one thing at a time. */
export type Breakage =
  | { readonly kind: RegionFault; readonly region: RegionName }
  | { readonly kind: "serverKilled"; readonly server: number }
  | { readonly kind: "redis"; readonly fault: RedisFault };

export interface Cycle {
  /** From 1. */
  readonly number: number;
  readonly breakage: Breakage;
  readonly restInMs: number;
  readonly holdInMs: number;
}

/** One in so many cycles breaks redis, if there is one: five of a hundred. */
const CYCLES_A_REDIS_FAULT = 20;
/** Where most clients are. */
const SHARE_OF_EAST = 0.75;
const REDIS_FAULTS: readonly RedisFault[] = ["abrupt", "wipe", "kill", "abrupt", "handover"];
const KINDS = [...REGION_FAULTS, "serverKilled"] as const;

/** The whole run, drawn before it starts: the same for the same seed and sizes. */
export function drawPlan(
  seed: number,
  { cycles, servers, hasRedis }: { cycles: number; servers: number; hasRedis: boolean },
): Cycle[] {
  const random = createRandomSource(seed);
  const offset = between(random, 0, REDIS_FAULTS.length - 1);
  return Array.from({ length: cycles }, (_, index) => {
    const turn = Math.floor(index / CYCLES_A_REDIS_FAULT);
    const isRedisDue = hasRedis && index % CYCLES_A_REDIS_FAULT === Math.min(1, cycles - 1);
    const fault = REDIS_FAULTS[(offset + turn) % REDIS_FAULTS.length] as RedisFault;
    const breakage: Breakage = isRedisDue
      ? { kind: "redis", fault }
      : drawBreakage(random, index, servers);
    return { number: index + 1, breakage, ...drawTimes(random) };
  });
}

/** Each kind in its turn: a short run tries as many as it can. */
function drawBreakage(random: RandomSource, index: number, servers: number): Breakage {
  const kind = KINDS[index % KINDS.length] ?? "crash";
  if (kind === "serverKilled") return { kind, server: between(random, 0, servers - 1) };
  return { kind, region: random() < SHARE_OF_EAST ? "east" : oneOf(random, REGIONS) };
}

function drawTimes(random: RandomSource): Pick<Cycle, "restInMs" | "holdInMs"> {
  return {
    restInMs: between(random, 500, 2000),
    // Long enough to be noticed; now and then too short for that.
    holdInMs: random() < 0.15 ? between(random, 50, 900) : between(random, 1500, 4000),
  };
}
