import { between, createRandomSource, type RandomSource } from "../../support/random-source.ts";
import type { RedisFault } from "../redis-pair.ts";

export const REGIONS = ["east", "west"] as const;
export type RegionName = (typeof REGIONS)[number];

export const REGION_FAULTS = ["crash", "blackhole", "gray", "restart", "wrongKey"] as const;
export type RegionFault = (typeof REGION_FAULTS)[number];

/** What is broken, one thing at a time. */
export type Breakage =
  /** `isServing`: the region that clients are sent to then; else the other one. */
  | { readonly kind: RegionFault; readonly isServing: boolean }
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
const SHARE_OF_SERVING = 0.75;
const REDIS_FAULTS: readonly RedisFault[] = ["abrupt", "wipe", "kill", "abrupt", "handover"];

/** What may be broken, by name; `redis` in one of the ways that there are. */
export const KINDS = [...REGION_FAULTS, "serverKilled", "redis"] as const;
export type Kind = (typeof KINDS)[number];

export interface PlanSizes {
  readonly cycles: number;
  readonly servers: number;
  readonly kinds: readonly Kind[];
}

/** The whole run, drawn before it starts: the same for the same seed and sizes. */
export function drawPlan(seed: number, { cycles, servers, kinds }: PlanSizes): Cycle[] {
  const random = createRandomSource(seed);
  const offset = between(random, 0, REDIS_FAULTS.length - 1);
  const others = kinds.filter((kind) => kind !== "redis");
  // The second one: a short run has one too.
  const first = Math.min(1, cycles - 1);
  const isRedisDue = (index: number): boolean =>
    kinds.includes("redis") && (others.length === 0 || index % CYCLES_A_REDIS_FAULT === first);
  let redisFaults = 0;
  return Array.from({ length: cycles }, (_, index) => {
    const isDue = isRedisDue(index);
    const fault = REDIS_FAULTS[(offset + redisFaults) % REDIS_FAULTS.length] ?? "wipe";
    if (isDue) redisFaults += 1;
    const breakage: Breakage = isDue
      ? { kind: "redis", fault }
      : drawBreakage(random, others[index % others.length] ?? "crash", servers);
    return { number: index + 1, breakage, ...drawTimes(random) };
  });
}

function drawBreakage(
  random: RandomSource,
  kind: Exclude<Kind, "redis">,
  servers: number,
): Breakage {
  if (kind === "serverKilled") return { kind, server: between(random, 0, servers - 1) };
  return { kind, isServing: random() < SHARE_OF_SERVING };
}

function drawTimes(random: RandomSource): Pick<Cycle, "restInMs" | "holdInMs"> {
  return {
    restInMs: between(random, 500, 2000),
    // Long enough to be noticed; now and then too short for that.
    holdInMs: random() < 0.15 ? between(random, 50, 900) : between(random, 1500, 4000),
  };
}
