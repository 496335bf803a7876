import { cpuInMs } from "./serve-calls.mjs";

/**
 * Calls for so many seconds, or so often; each caller waits for one before the next.
 *
 * @param call Given the number of its caller.
 */
export async function fire(
  call,
  { callers, seconds = Number.POSITIVE_INFINITY, count = Number.POSITIVE_INFINITY },
) {
  let started = 0;
  const before = cpuInMs();
  const start = performance.now();
  const keepCalling = async (_, caller) => {
    while (started < count && performance.now() - start < seconds * 1000) {
      started += 1;
      await call(caller);
    }
  };
  await Promise.all(Array.from({ length: callers }, keepCalling));
  const elapsedInMs = performance.now() - start;
  return {
    perSecond: (started / elapsedInMs) * 1000,
    cpuInMs: (cpuInMs() - before) / started,
    elapsedInMs,
  };
}
