export interface Distribution {
  readonly min: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly max: number;
}

/** What is to be known of many durations; zeros of none. */
export function distributionOf(values: readonly number[]): Distribution {
  const ascending = [...values].sort((a, b) => a - b);
  const at = (share: number): number => ascending[Math.ceil(ascending.length * share) - 1] ?? 0;
  return { min: ascending[0] ?? 0, p50: at(0.5), p90: at(0.9), p99: at(0.99), max: at(1) };
}
