import { drawPlan, REGIONS } from "./plan.ts";

it("a plan is the same for the same seed, and another for another", () => {
  expect(drawPlan(7, 100)).toEqual(drawPlan(7, 100));
  expect(drawPlan(8, 100)).not.toEqual(drawPlan(7, 100));
});

it.each([1, 2, 3, 4, 5, 99, 100])("a plan of %i cycles numbers each of them once", (count) => {
  const { scenes } = drawPlan(1, count);
  const numbers = scenes.flatMap(({ lanes }) => lanes.flatMap(({ cycles }) => cycles));
  expect(numbers.map(({ number }) => number)).toEqual(
    Array.from({ length: count }, (_, i) => i + 1),
  );
});

it("one region is spared from the first cycle to the last, and which one is up to the seed", () => {
  const spared = new Set<string>();
  for (let seed = 0; seed < 30; seed++) {
    const plan = drawPlan(seed, 20);
    const outages = plan.scenes.filter(({ lanes }) => lanes.length > 1);
    const broken = outages.flatMap(({ lanes }) => lanes.map(({ region }) => region));
    expect(broken).not.toContain(plan.spared);
    spared.add(plan.spared);
  }
  expect([...spared].sort()).toEqual([...REGIONS].sort());
});

it("tokens end only for the region that is given by credential, which is not spared", () => {
  for (let seed = 0; seed < 30; seed++) {
    const { spared, byCredential, scenes } = drawPlan(seed, 50);
    expect(byCredential).not.toBe(spared);
    const lanes = scenes.flatMap(({ lanes }) => lanes);
    const without = lanes.filter(({ cycles }) => cycles.some(({ kind }) => kind === "identity"));
    expect(new Set(without.map(({ region }) => region))).toEqual(new Set([byCredential]));
  }
});

it("while there is a burst, no region has an outage", () => {
  const { scenes } = drawPlan(1, 200);
  const bursts = scenes.filter(({ lanes }) => lanes[0]?.cycles[0]?.kind === "burst");
  expect(bursts.length).toBeGreaterThan(0);
  for (const { lanes } of bursts) expect(lanes.flatMap(({ cycles }) => cycles)).toHaveLength(1);
});
