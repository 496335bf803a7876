import timers from "node:timers";

/**
 * The timers of the platform, as they were when this was loaded: where a test has put fakes in their
 * place, what somebody waits for must not depend on them.
 */
export const realTimers = {
  setImmediate: timers.setImmediate,
  setInterval: timers.setInterval,
  clearInterval: timers.clearInterval,
} as const;
