import { runContinuityChaos } from "./continuity-run.ts";
import { violationsOf } from "./judge.ts";
import { KINDS } from "./plan.ts";

it("a longer chaos run: nothing is lost, doubled or out of order, and no gap stays untold", async () => {
  const { verdict } = await runContinuityChaos({
    seed: 5,
    cycles: 22,
    clients: 60,
    plain: 10,
    processes: 2,
    servers: 3,
    kinds: KINDS,
    rate: 10,
    append: 10_000,
    patience: 1500,
    review: 2000,
  });
  expect(violationsOf(verdict)).toEqual([]);
}, 900_000);
