/** The least of the values that so large a share of them does not exceed; 0 of none. */
export function percentile(values: readonly number[], share: number): number {
  const ascending = [...values].sort((a, b) => a - b);
  return ascending[Math.max(0, Math.ceil(ascending.length * share) - 1)] ?? 0;
}
