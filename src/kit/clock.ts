/** Time, for what is also run in simulations, where it is another one. */
export interface Clock {
  /** Monotonic milliseconds. */
  now(): number;
  /** Epoch milliseconds. */
  wallClock(): number;
  /** Calls back once, unless it is cancelled before. Holds no process. */
  callIn(inMs: number, callback: () => void): { cancel(): void };
}

export const systemClock: Clock = {
  now: () => performance.now(),
  wallClock: () => Date.now(),
  callIn: (inMs, callback) => {
    const timer = setTimeout(callback, inMs).unref();
    return { cancel: () => clearTimeout(timer) };
  },
};
