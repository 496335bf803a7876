import { isOffline, whenOnline } from "./surroundings.ts";

export interface PauseSettings {
  readonly reconnectSpreadInMs: number;
  readonly maxRetryDelayInMs: number;
}

/**
 * Resolves after a pause, or when the signal ends it. Without a network there is nothing to try, so
 * the pause is as long as pauses get, and ends soon after the network is back: not at once, because
 * the others in the same building have just got it back as well.
 */
export function pause(
  inMs: number,
  signal: AbortSignal,
  { reconnectSpreadInMs, maxRetryDelayInMs }: PauseSettings,
): Promise<void> {
  return new Promise((resolve) => {
    const finish = (): void => {
      clearTimeout(timer);
      stopListening();
      signal.removeEventListener("abort", finish);
      resolve();
    };
    const stopListening = whenOnline(() => {
      clearTimeout(timer);
      timer = setTimeout(finish, Math.random() * Math.min(inMs, reconnectSpreadInMs));
    });
    let timer = setTimeout(finish, isOffline() ? Math.max(inMs, maxRetryDelayInMs) : inMs);
    signal.addEventListener("abort", finish);
    if (signal.aborted) finish();
  });
}
