/** What is left of an allowance. Pure: time comes in as monotonic milliseconds. */
export interface TokenBucket {
  readonly tokens: number;
  /** When it held so many. */
  readonly at: number;
}

/** As many as may come at once: one second's worth, and never less than one. */
const capacityOf = (perSecond: number): number => Math.max(1, perSecond);

export function fullBucket(perSecond: number, now: number): TokenBucket {
  return { tokens: capacityOf(perSecond), at: now };
}

/** The bucket without one token; undefined when there is none to take. */
export function takeToken(
  { tokens, at }: TokenBucket,
  perSecond: number,
  now: number,
): TokenBucket | undefined {
  const refilled = Math.min(capacityOf(perSecond), tokens + ((now - at) / 1000) * perSecond);
  // Sums of fractions come out a hair too low.
  return refilled > 1 - 1e-9 ? { tokens: Math.max(0, refilled - 1), at: now } : undefined;
}
