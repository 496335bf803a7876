/**
 * Aborts on Ctrl-C and on SIGTERM. The process then ends by itself once everything is closed;
 * asking a second time changes nothing, since npm and tsx pass the same Ctrl-C on more than once.
 */
export function abortOnInterrupt(): AbortSignal {
  const interruption = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.on(signal, () => interruption.abort());
  }
  return interruption.signal;
}
