interface Violation {
  readonly blockedURI: string;
  readonly effectiveDirective: string;
  readonly disposition: string;
}

type Target = Partial<Pick<EventTarget, "addEventListener" | "removeEventListener">>;

/**
 * Whenever the Content Security Policy of the page does not let this URL out: browsers differ in
 * what they tell of it to whoever asked for the URL.
 *
 * @returns How to stop listening.
 */
export function onForbidden(url: string, listener: () => void): () => void {
  const { document } = globalThis as { document?: Target };
  const target: Target = document ?? (globalThis as Target);
  const onViolation = (event: unknown): void => {
    const { blockedURI, effectiveDirective, disposition } = event as Violation;
    if (effectiveDirective !== "connect-src" || disposition === "report") return;
    // All of the URL, its origin, or no more than its scheme.
    if (blockedURI && new URL(url).href.startsWith(blockedURI)) listener();
  };
  target.addEventListener?.("securitypolicyviolation", onViolation);
  return () => target.removeEventListener?.("securitypolicyviolation", onViolation);
}
