import { monitorEventLoopDelay } from "node:perf_hooks";

const resolution = 10;
const delays = monitorEventLoopDelay({ resolution });
delays.enable();

/** How long this process was once too busy to look up, since the last call. */
export function longestStallInMs() {
  const longest = Math.max(0, delays.max / 1e6 - resolution);
  delays.reset();
  return longest;
}
