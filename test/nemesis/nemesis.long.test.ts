import { isRedisInstalled } from "../support/is-redis-installed.ts";
import { runNemesis } from "./nemesis-run.ts";

const store = isRedisInstalled ? "redis" : "azure-blob";

// The full run, with stories of what has gone wrong once, is `npm run nemesis`.
it(`a short nemesis run, with the store in ${store}: epochs are unmistakable, nobody moves or closes clients without a reason, and all are together again when all is mended`, async () => {
  const { violations, verdicts, statistics, folder } = await runNemesis({
    minutes: 0.4,
    seed: 7,
    store,
    servers: 4,
    endpoints: 3,
    clients: 10,
    pollInMs: 200,
    leaseInMs: 2000,
    stories: [],
    signal: new AbortController().signal,
  });
  expect({ violations, folder }).toEqual({ violations: [], folder: undefined });
  expect(Object.keys(statistics.faults).length).toBeGreaterThan(3);
  for (const { rule, checked } of verdicts.filter(({ rule: it }) => !it.includes("no move"))) {
    expect({ rule, isTried: checked > 0 }).toEqual({ rule, isTried: true });
  }
}, 240_000);
