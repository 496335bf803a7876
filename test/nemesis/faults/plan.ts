import { between, oneOf, type RandomSource } from "../../support/random-source.ts";
import type { PlannedFault } from "./fault.ts";
import { FAULT_KINDS, type FaultKind } from "./fault-kinds.ts";

export interface PlanOptions {
  readonly leaseInMs: number;
  readonly hasReplica: boolean;
  readonly mayLoseData: boolean;
}

/** One storm of faults that overlap. */
export interface Storm {
  readonly lengthInMs: number;
  readonly faults: readonly PlannedFault[];
}

const FEWEST = 3;
const MOST = 8;

/** The next storm: the same for the same random numbers. */
export function drawStorm(random: RandomSource, options: PlanOptions): Storm {
  const lengthInMs = Math.round(options.leaseInMs * (2.5 + random() * 2.5));
  const count = between(random, FEWEST, MOST);
  const faults = Array.from({ length: count }, () => drawFault(random, lengthInMs, options));
  return { lengthInMs, faults: faults.sort((a, b) => a.atInMs - b.atInMs) };
}

function drawFault(random: RandomSource, lengthInMs: number, options: PlanOptions): PlannedFault {
  const [kind, { lasts }] = drawKind(random, options);
  const { leaseInMs } = options;
  return {
    kind,
    atInMs: between(random, 0, lengthInMs * 0.8),
    forInMs: between(random, lasts[0] * leaseInMs, lasts[1] * leaseInMs),
    server: random() < 0.4 ? "leader" : between(random, 0, 99),
    endpoint: random() < 0.6 ? "active" : between(random, 0, 99),
    client: between(random, 0, 99),
    mode: oneOf(random, ["cut", "cut", "hold", "lose-answers", "delay"]),
  };
}

function drawKind(
  random: RandomSource,
  { hasReplica, mayLoseData }: PlanOptions,
): [string, FaultKind] {
  const kinds = Object.entries(FAULT_KINDS).filter(
    ([, { losesData, needsReplica }]) =>
      (mayLoseData || !losesData) && (hasReplica || !needsReplica),
  );
  let left = random() * kinds.reduce((sum, [, { weight }]) => sum + weight, 0);
  for (const kind of kinds) {
    left -= kind[1].weight;
    if (left < 0) return kind;
  }
  return kinds[0] as [string, FaultKind];
}
