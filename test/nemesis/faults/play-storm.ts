import { pause } from "../../../demo-app/kit/pause.ts";
import type { Recorder } from "../recording/recorder.ts";
import type { World } from "../world.ts";
import type { PlannedFault } from "./fault.ts";
import { FAULT_KINDS } from "./fault-kinds.ts";
import type { Storm } from "./plan.ts";

/** Breaks things as planned, and mends each at its time, or at the end of the storm. */
export async function playStorm(
  world: World,
  recorder: Recorder,
  { faults, lengthInMs }: Storm,
  signal: AbortSignal,
): Promise<void> {
  const claimed = new Set<string>();
  const over = new AbortController();
  const isOver = AbortSignal.any([over.signal, signal]);
  const playing = faults.map((planned) => playFault(world, recorder, planned, claimed, isOver));
  await Promise.race([pause(lengthInMs, signal), Promise.all(playing)]);
  over.abort();
  await Promise.all(playing);
}

async function playFault(
  world: World,
  recorder: Recorder,
  planned: PlannedFault,
  claimed: Set<string>,
  isOver: AbortSignal,
): Promise<void> {
  const { kind: fault, atInMs, forInMs } = planned;
  await pause(atInMs, isOver);
  if (isOver.aborted) return;
  const chosen = FAULT_KINDS[fault]?.choose(world, planned);
  if (chosen === undefined || chosen.claims.some((claim) => claimed.has(claim))) {
    recorder.record({ kind: "fault", fault, step: "skipped" });
    return;
  }
  for (const claim of chosen.claims) claimed.add(claim);
  recorder.record({ kind: "fault", fault, step: "begins" });
  await chosen.begin();
  await pause(forInMs, isOver);
  await chosen.end();
  recorder.record({ kind: "fault", fault, step: "ends" });
  for (const claim of chosen.claims) claimed.delete(claim);
}
