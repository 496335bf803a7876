declare global {
  /** Set by `npm run test:long`. */
  var isLongRun: boolean | undefined;
}

/**
 * How often a property is tried: so often by `npm run test:long`, and a share of it by `npm test`;
 * `FUZZ_RUNS` is for those who have more time.
 *
 * @param share Of which the other runs are a part: 5 is a fifth.
 */
export function runs(inLongRun: number, share = 5): { numRuns: number } {
  const usual = globalThis.isLongRun ? inLongRun : Math.ceil(inLongRun / share);
  return { numRuns: Number(process.env.FUZZ_RUNS ?? usual) };
}
