import type { AbortSignalLike } from "../contract/abort-signal.ts";

/** Waits; not at all when it is too late, and no longer when the signal ends it. Never rejects. */
export function pause(delayInMs: number, signal: AbortSignalLike): Promise<void> {
  if (delayInMs <= 0 || signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, delayInMs);
    timer.unref();
    signal.addEventListener("abort", end);
  });
}
