import type { ActiveFault } from "./fault.ts";

/** What becomes of a request while a fault is on. */
export type Verdict =
  | { readonly kind: "serve" }
  | { readonly kind: "hold" }
  | { readonly kind: "answer"; readonly status: number; readonly headers: Record<string, string> };

/** Judges one request, be it for health, REST or a new client. */
export function judge(fault: ActiveFault | undefined): Verdict {
  switch (fault?.kind) {
    case undefined:
      return { kind: "serve" };
    // Nobody gets in during a crash; what is still on its way out must not get an answer either.
    case "crash":
    case "blackhole":
      return { kind: "hold" };
    case "unhealthy":
      return { kind: "answer", status: fault.status, headers: retryAfter(fault) };
  }
}

const retryAfter = (fault: { retryAfterInSeconds?: number | undefined }): Record<string, string> =>
  fault.retryAfterInSeconds === undefined
    ? {}
    : { "Retry-After": String(fault.retryAfterInSeconds) };
