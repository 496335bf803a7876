import { maxTimerInMs } from "../kit/max-timer.ts";
import { isOffline, onResume } from "./network-and-visibility.ts";

export interface PauseSettings {
  readonly reconnectSpreadInMs: number;
  readonly maxRetryDelayInMs: number;
}

/**
 * A pause. Without a network there is nothing to try, so it is as long as pauses get, and ends soon after
 * the network, or the user, is back: not at once, because the others in the same building have just got
 * it back as well.
 *
 * @param onOver May be called again when it is ended once it is over.
 * @param leastInMs What nothing makes shorter but to end it: somebody asked for it.
 * @returns How to end it at once.
 */
export function pause(
  inMs: number,
  { reconnectSpreadInMs, maxRetryDelayInMs }: PauseSettings,
  onOver: () => void,
  leastInMs = 0,
): () => void {
  const startedAt = performance.now();
  const finish = (): void => {
    clearTimeout(timer);
    stopListening();
    onOver();
  };
  const stopListening = onResume(() => {
    clearTimeout(timer);
    const owedInMs = Math.max(0, startedAt + leastInMs - performance.now());
    const spreadInMs = Math.random() * Math.min(inMs, reconnectSpreadInMs);
    timer = setTimeout(finish, Math.min(maxTimerInMs, owedInMs + spreadInMs));
  });
  let timer = setTimeout(finish, isOffline() ? Math.max(inMs, maxRetryDelayInMs) : inMs);
  return finish;
}
