/**
 * What ends a request that nobody waits for any more. It is made once, since the stack of an error takes
 * longer than all else of an abort.
 */
export const NOT_WANTED: unknown = /* @__PURE__ */ Object.assign(
  /* @__PURE__ */ new Error("It is no longer wanted."),
  { name: "AbortError" },
);

/** What to reject with; not every signal of the Azure SDKs has a reason. */
export function abortReason(signal: object, what: string): unknown {
  const { reason } = signal as { reason?: unknown };
  return reason ?? new DOMException(`${what} was aborted.`, "AbortError");
}
