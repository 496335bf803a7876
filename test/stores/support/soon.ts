/** Options of a call that has more time than it needs. */
export const soon = () => ({ signal: AbortSignal.timeout(20_000) });
