import { isRedisInstalled } from "../../support/is-redis-installed.ts";
import { runContinuityChaos } from "./continuity-run.ts";
import { violationsOf } from "./judge.ts";

const where = isRedisInstalled ? "redis" : "memory";

// The full run is `npm run chaos -- --continuity`.
it(`a short chaos run, with the history in ${where}: nothing is lost, doubled or out of order, and no gap stays untold`, async () => {
  const { verdict, run } = await runContinuityChaos({
    seed: 2,
    cycles: 3,
    pace: 0.5,
    clients: 20,
    plain: 4,
    processes: 1,
    servers: 3,
    kinds: ["crash", "gray", "redis"],
    rate: 10,
    // Tests keep the machine so busy that redis may seem away.
    append: 10_000,
    patience: 1500,
    review: 2000,
  });
  expect(violationsOf(verdict)).toEqual([]);
  expect(run.moved.length).toBeGreaterThan(0);
  expect(verdict.plain.live).toBeGreaterThan(0);
}, 180_000);
