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
    const broken = plan.scenes.flatMap(({ lanes }) => lanes.map(({ region }) => region));
    expect(broken).not.toContain(plan.spared);
    spared.add(plan.spared);
  }
  expect([...spared].sort()).toEqual([...REGIONS].sort());
});
