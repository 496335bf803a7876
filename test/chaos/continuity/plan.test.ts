import { drawPlan, KINDS } from "./plan.ts";

const sizes = { cycles: 100, servers: 3, kinds: KINDS };

it("a plan is the same for the same seed, and another for another", () => {
  expect(drawPlan(7, sizes)).toEqual(drawPlan(7, sizes));
  expect(drawPlan(8, sizes)).not.toEqual(drawPlan(7, sizes));
});

it("five of a hundred cycles break redis, of which each way is among them", () => {
  for (let seed = 0; seed < 20; seed += 1) {
    const breakages = drawPlan(seed, sizes).map(({ breakage }) => breakage);
    const faults = breakages.flatMap((one) => (one.kind === "redis" ? [one.fault] : []));
    expect(faults).toHaveLength(5);
    expect(new Set(faults)).toEqual(new Set(["abrupt", "wipe", "kill", "handover"]));
  }
});

it("each fault is in a run of ten cycles", () => {
  const kinds = new Set(drawPlan(1, { ...sizes, cycles: 10 }).map(({ breakage }) => breakage.kind));
  expect(kinds).toEqual(new Set(KINDS));
});

it.each(KINDS)("a run may consist of %s alone", (kind) => {
  const found = drawPlan(1, { ...sizes, kinds: [kind] }).map(({ breakage }) => breakage.kind);
  expect(new Set(found)).toEqual(new Set([kind]));
});
