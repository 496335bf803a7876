import { HerdRun } from "./herd.ts";
import { judge } from "./judge.ts";
import { MUTATIONS, type MutationName } from "./mutations.ts";
import { deploymentFor, FAULTS, type Fault, type HerdPlan } from "./plan.ts";

jest.setTimeout(60_000);

function planOf(clients: number, rate: number, fault: Fault): HerdPlan {
  return { clients, rate, fault, balance: "sticky", seed: 1, ...deploymentFor(clients, rate) };
}

const SMALL = [1000, 10_000].flatMap((clients) =>
  [2, 10, 50].flatMap((rate) => FAULTS.map((fault) => [clients, rate, fault] as const)),
);
const LARGE = [
  [100_000, 2, "half-the-servers"],
  [100_000, 2, "dark"],
  [100_000, 10, "none"],
  [100_000, 10, "half-the-servers"],
] as const;
const RUNS = [...SMALL, ...LARGE];

describe("the herd comes back within the limit, in time, with few requests, and nobody is left:", () => {
  it.each(RUNS)("%i clients, %i a second and unit, fault: %s", (clients, rate, fault) => {
    const plan = planOf(clients, rate, fault);
    expect(judge(plan, new HerdRun(plan).run()).violations).toEqual([]);
  });
});

it("app servers that are not asked by the same clients each time still hold the limit", () => {
  const plan = {
    ...planOf(60_000, 10, "half-the-servers"),
    servers: 4,
    balance: "random",
  } as const;
  const { figures } = judge(plan, new HerdRun(plan).run());
  expect(figures.mostAccepts).toBeLessThanOrEqual(figures.limit);
  expect(figures.notLetIn).toBe(0);
});

const MISSED: [MutationName, HerdPlan, RegExp][] = [
  [
    "no client is told a spread",
    { ...planOf(60_000, 50, "none"), servers: 2 },
    /asked in one second/,
  ],
  ["the spread is that of 70 % of the limit", planOf(10_000, 10, "none"), /^99 % took/],
  ["every other client is not counted", planOf(10_000, 10, "none"), /^the census counted/],
  ["no limit holds", planOf(10_000, 10, "dark"), /let in in one second/],
  ["nobody is known who has waited", planOf(10_000, 10, "half-the-servers"), /^a client asked/],
  ["nobody is known who has waited", planOf(10_000, 10, "ignoring"), /^a client asked/],
  [
    "nobody is told to wait for more than two minutes",
    planOf(10_000, 2, "half-the-servers"),
    /^a client asked/,
  ],
  [
    "all who are refused are told the same time",
    planOf(10_000, 10, "half-the-servers"),
    /^a client asked/,
  ],
  ["one in a thousand is always refused", planOf(10_000, 10, "none"), /not let in at all/],
  [
    "histories are read without a limit",
    planOf(10_000, 10, "redis-away"),
    /read the history in one second/,
  ],
  [
    "while no region serves, all ask again within five seconds",
    { ...planOf(150_000, 50, "dark"), servers: 2 },
    /asked in one second/,
  ],
];

it.each(MISSED)("it is noticed when %s", (name, plan, finds) => {
  const { violations } = judge(plan, new HerdRun(plan, MUTATIONS[name]).run());
  expect(violations).toEqual(expect.arrayContaining([expect.stringMatching(finds)]));
});
