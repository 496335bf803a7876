import { runChaos } from "../chaos/chaos-run.ts";
import { REDIS_OR_ITS_ABSENCE } from "../support/redis-server.ts";

// The full run is `npm run chaos`. Here the bounds are wide: this machine may have much else to do.
const staleBounds = { crash: 3000, blackhole: 4500, identity: 3000 };

it(`a short chaos run with poison, a burst, tokens that end, and a failover of ${REDIS_OR_ITS_ABSENCE}: no negotiate fails, no answer names what has been down for long, no broadcast gets lost, nobody innocent is taken out`, async () => {
  // A burst; a failover and, side by side, an identity outage and a crash, a crash and a blackhole.
  const result = await runChaos({ seed: 1849, cycles: 5, staleBounds });
  expect(result.violations).toEqual([]);
  expect(result.negotiates).toBeGreaterThan(50);
  expect(result.broadcasts).toBeGreaterThan(10);
  expect(result.poisoned).toBeGreaterThan(0);
  expect(result.bursts).toBe(1);
  expect(result.failovers).toBe(result.isRedisInstalled ? 1 : 0);
  const { detection, unnoticed, unused } = result.measurements;
  const detected = Object.values(detection).flat().length;
  expect(detected + unnoticed + unused).toBe(4);
  expect(detected).toBeGreaterThan(0);
}, 120_000);
