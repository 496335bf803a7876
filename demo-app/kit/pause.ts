/** Resolves after a while, or at once when it is aborted. */
export function pause(durationInMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, durationInMs);
    if (signal?.aborted) end();
    else signal?.addEventListener("abort", end);
  });
}

/** What it comes to, or else `late` once so much time has gone by or it is aborted. */
export async function orLate<T, Late>(
  doing: Promise<T>,
  late: Late,
  durationInMs: number,
  signal?: AbortSignal,
): Promise<T | Late> {
  const done = new AbortController();
  const until = signal ? AbortSignal.any([done.signal, signal]) : done.signal;
  // Whoever gave up on it does not hear of its failure; it must not go unhandled either.
  doing.catch(() => {});
  try {
    return await Promise.race([doing, pause(durationInMs, until).then(() => late)]);
  } finally {
    done.abort();
  }
}
