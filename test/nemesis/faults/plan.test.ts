import { createRandomSource } from "../../support/random-source.ts";
import { FAULT_KINDS } from "./fault-kinds.ts";
import { drawStorm, type PlanOptions } from "./plan.ts";

const options: PlanOptions = { leaseInMs: 2000, hasReplica: true, mayLoseData: true };

function drawStorms(seed: number, count: number, changes: Partial<PlanOptions> = {}) {
  const random = createRandomSource(seed);
  return Array.from({ length: count }, () => drawStorm(random, { ...options, ...changes }));
}

const kindsIn = (storms: ReturnType<typeof drawStorms>): Set<string> =>
  new Set(storms.flatMap(({ faults }) => faults.map(({ kind }) => kind)));

it("the storms of a run are the same for the same seed", () => {
  expect(drawStorms(7, 20)).toEqual(drawStorms(7, 20));
  expect(drawStorms(7, 20)).not.toEqual(drawStorms(8, 20));
});

it("every kind of fault is drawn in the end", () => {
  expect([...kindsIn(drawStorms(1, 300))].sort()).toEqual(Object.keys(FAULT_KINDS).sort());
});

it.each([
  ["losesData", { mayLoseData: false }],
  ["needsReplica", { hasReplica: false }],
] as const)("no fault is drawn that %s, where that must not be", (property, changes) => {
  const drawn = [...kindsIn(drawStorms(1, 300, changes))].map((kind) => FAULT_KINDS[kind]);
  expect(drawn.filter((kind) => kind?.[property])).toEqual([]);
});
