import { DistinctCounter } from "../../src/kit/distinct-counter.ts";

/** Numbers of 48 bits that look random, the same ones in each run. */
function members(count: number, seed = 1): number[] {
  let state = seed;
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    const mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    const again = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return (again ^ (again >>> 14)) >>> 0;
  };
  return Array.from({ length: count }, () => next() * 2 ** 16 + (next() >>> 16));
}

function counterOf(all: readonly number[]): DistinctCounter {
  const counter = new DistinctCounter();
  for (const member of all) counter.add(member);
  return counter;
}

it.each([
  [0, 0],
  [1, 0],
  [100, 0.02],
  [1000, 0.02],
  [10_000, 0.02],
  [100_000, 0.02],
  [1_000_000, 0.05],
])("%i different members are counted, to within a few per cent", (count, tolerance) => {
  const counted = DistinctCounter.merged([counterOf(members(count))]).count;
  expect(Math.abs(counted - count)).toBeLessThanOrEqual(tolerance * count);
});

it("a member that is added again, and in another counter, is counted once", () => {
  const [once, others] = [members(1000), members(1000, 2)];
  const counters = [counterOf([...once, ...once]), counterOf([...once, ...others])];
  expect(Math.abs(DistinctCounter.merged(counters).count - 2000)).toBeLessThan(40);
});

it("more than it has room for are counted as very many, not as none", () => {
  const everyBit = Array.from({ length: 2 ** 17 }, (_, bit) => bit);
  expect(DistinctCounter.merged([counterOf(everyBit)]).count).toBeGreaterThan(1_000_000);
});

it("what is merged goes on counting, as those that it was made of do not", () => {
  const [some, more] = [members(1000), members(1000, 2)];
  const counters = [counterOf(some), counterOf(some.slice(0, 10))];
  const merged = DistinctCounter.merged(counters);
  for (const member of [...some, ...more]) merged.add(member);
  expect(merged.count).toBe(DistinctCounter.merged([counterOf(some), counterOf(more)]).count);
  expect(counters.map(({ count }) => Math.round(count / 10))).toEqual([100, 1]);
});

it("no counter has counted nobody", () => {
  expect(DistinctCounter.merged([]).count).toBe(0);
});
