/** Ends when its parent does, or by itself; once ended, the parent has forgotten it. */
export function linkedAbort(parent: AbortSignal): AbortController {
  const child = new AbortController();
  const abort = (): void => child.abort();
  parent.addEventListener("abort", abort);
  child.signal.addEventListener("abort", () => parent.removeEventListener("abort", abort));
  if (parent.aborted) abort();
  return child;
}
