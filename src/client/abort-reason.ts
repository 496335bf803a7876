/** What to reject with; not every signal of the Azure SDKs has a reason. */
export function abortReason(signal: object, what: string): unknown {
  const { reason } = signal as { reason?: unknown };
  return reason ?? new DOMException(`${what} was aborted.`, "AbortError");
}
