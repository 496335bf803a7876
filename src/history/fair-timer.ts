import type { Clock } from "../kit/clock.ts";
import { isOwnStall } from "../kit/deadline.ts";

/**
 * Calls back when a time is up. If this process was blocked by then, the answer may have come and
 * nobody was there to take it: it gets the same time once more.
 */
export function callInFairly(clock: Clock, inMs: number, callback: () => void): { cancel(): void } {
  const startedAt = clock.now();
  let timer = clock.callIn(inMs, () => {
    if (isOwnStall(startedAt, inMs, clock.now())) timer = clock.callIn(inMs, callback);
    else callback();
  });
  return { cancel: () => timer.cancel() };
}
