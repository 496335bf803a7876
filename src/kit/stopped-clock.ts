import { ResilientPubSubError } from "./errors.ts";
import { realTimers } from "./real-timers.ts";

/** Less than test runners give a test. */
const PATIENCE_IN_MS = 3000;
const LOOK_INTERVAL_IN_MS = 250;

/**
 * What a promise comes to, unless it waits for timers that a test has faked and lets stand still:
 * that would be for ever, and nobody would know why.
 *
 * @throws ResilientPubSubError `ERR_CLOCK_STOPPED`
 */
export async function unlessClockStopped<T>(what: string, promise: Promise<T>): Promise<T> {
  let looker: NodeJS.Timeout | undefined;
  const stopped = new Promise<never>((_, reject) => {
    let seen = fakeTime();
    let stoodForInMs = 0;
    looker = realTimers.setInterval(() => {
      const now = fakeTime();
      stoodForInMs = now !== undefined && now === seen ? stoodForInMs + LOOK_INTERVAL_IN_MS : 0;
      seen = now;
      if (stoodForInMs >= PATIENCE_IN_MS) reject(stoppedError(what));
    }, LOOK_INTERVAL_IN_MS);
  });
  try {
    return await Promise.race([promise, stopped]);
  } finally {
    realTimers.clearInterval(looker);
  }
}

/** The time of the fakes that Jest, Vitest and sinon install; undefined for timers that are none. */
function fakeTime(): number | undefined {
  return (setTimeout as { clock?: { now: number } }).clock?.now;
}

function stoppedError(what: string): ResilientPubSubError {
  const message = `${what} waits for timers that this process has faked, and their clock stands still; advance it, or leave setTimeout, setImmediate and process.nextTick as they are`;
  return new ResilientPubSubError("ERR_CLOCK_STOPPED", message);
}
