/** How many ends of earlier epochs a stream has on record. */
export const maxClosings = 8;

/** The most tasks of an endpoint; beyond, clients of all its streams are to look. */
export const maxTasksOfEndpoint = 10_000;

/** The most messages that nobody has settled; beyond, clients of all endpoints are to look. */
export const maxUnsettled = 100_000;

const minLifeInMs = 3_600_000;

/**
 * For how long a stream is remembered after it was last touched, and an endpoint after it was last
 * named: much longer than messages are kept, so that a stream that nobody wrote to keeps its epoch.
 */
export function lifeInMs(ttlInMs: number): number {
  return Math.max(10 * ttlInMs, minLifeInMs);
}
