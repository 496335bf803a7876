import type { CheckId } from "./contract.ts";

/** All checks, in their order. */
export const CHECK_IDS = [
  "versions",
  "options",
  "dns",
  "tls",
  "health",
  "latency",
  "clock",
  "calls",
  "firewall",
  "round-trip",
  "metadata",
  "webhook",
  "signature",
  "negotiate",
  "roles",
  "csp",
  "cors",
  "stores",
] as const satisfies readonly CheckId[];
