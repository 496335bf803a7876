import { runChaos } from "../chaos/chaos-run.ts";

// The full run is `npm run chaos`. Here the bounds are wide: this machine may have much else to do.
const staleBounds = { crash: 3000, blackhole: 4500 };

it("a short chaos run: no negotiate fails, no answer names what has been down for long, no broadcast gets lost", async () => {
  const result = await runChaos({ seed: 1193, cycles: 4, staleBounds });
  expect(result.violations).toEqual([]);
  expect(result.negotiates).toBeGreaterThan(50);
  expect(result.broadcasts).toBeGreaterThan(10);
  const { detection, unnoticed, unused } = result.measurements;
  const detected = detection.crash.length + detection.blackhole.length;
  expect(detected + unnoticed + unused).toBe(4);
  expect(detected).toBeGreaterThan(0);
}, 60_000);
