import { maxTimerInMs } from "../kit/max-timer.ts";
import { isOffline, onResume } from "./network-and-visibility.ts";

export interface PauseSettings {
  readonly reconnectSpreadInMs: number;
  readonly maxRetryDelayInMs: number;
}

/**
 * Resolves after a pause, or when the signal ends it. Without a network there is nothing to try, so
 * the pause is as long as pauses get, and ends soon after the network, or the user, is back: not at
 * once, because the others in the same building have just got it back as well.
 *
 * @param leastInMs What nothing but the signal makes shorter: somebody asked for it.
 */
export function pause(
  inMs: number,
  signal: AbortSignal,
  { reconnectSpreadInMs, maxRetryDelayInMs }: PauseSettings,
  leastInMs = 0,
): Promise<void> {
  const startedAt = performance.now();
  return new Promise((resolve) => {
    const finish = (): void => {
      clearTimeout(timer);
      stopListening();
      signal.removeEventListener("abort", finish);
      resolve();
    };
    const stopListening = onResume(() => {
      clearTimeout(timer);
      const owedInMs = Math.max(0, startedAt + leastInMs - performance.now());
      const spreadInMs = Math.random() * Math.min(inMs, reconnectSpreadInMs);
      timer = setTimeout(finish, Math.min(maxTimerInMs, owedInMs + spreadInMs));
    });
    let timer = setTimeout(finish, isOffline() ? Math.max(inMs, maxRetryDelayInMs) : inMs);
    signal.addEventListener("abort", finish);
    if (signal.aborted) finish();
  });
}
