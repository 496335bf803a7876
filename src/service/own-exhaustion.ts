/** Codes of network errors that this process is to blame for: out of sockets, memory or ports. */
const CODES = new Set(["EMFILE", "ENFILE", "ENOMEM", "ENOBUFS", "EADDRNOTAVAIL"]);

/** Whether a call failed before it got as far as the endpoint, for want of something of our own. */
export function isOwnExhaustion(error: unknown): boolean {
  return CODES.has(String((error as { code?: unknown } | undefined)?.code));
}
