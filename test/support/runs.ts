declare global {
  /** Set by `npm run test:long`. */
  var isLongRun: boolean | undefined;
}

const LONGER = 5;

/**
 * How often a property is tried: so often by `npm run test:long`, and a fifth of it by `npm test`;
 * `FUZZ_RUNS` is for those who have more time.
 */
export function runs(inLongRun: number): { numRuns: number } {
  const usual = globalThis.isLongRun ? inLongRun : Math.ceil(inLongRun / LONGER);
  return { numRuns: Number(process.env.FUZZ_RUNS ?? usual) };
}
