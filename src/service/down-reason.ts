/**
 * Why an endpoint is not healthy. `refused` covers every network failure after the name was
 * resolved (refused, reset, unreachable); `status(n)` is an answer other than 200.
 */
export type DownReason =
  | "timeout"
  | "refused"
  | "dns"
  | "tls"
  | `status(${number})`
  | "credentials-rejected"
  | "failing-calls";

const DNS_CODES = new Set(["ENOTFOUND", "EAI_AGAIN", "EAI_FAIL", "EAI_NODATA", "EAI_NONAME"]);
const TIMEOUT_CODES = new Set(["ETIMEDOUT", "ESOCKETTIMEDOUT"]);

/** Names the failure behind an error of Node's `net`, `tls`, `dns` or `http` modules. */
export function reasonOfNetworkError(error: unknown): DownReason {
  const code = codeOf(error);
  if (DNS_CODES.has(code)) return "dns";
  if (TIMEOUT_CODES.has(code)) return "timeout";
  return isTlsCode(code) ? "tls" : "refused";
}

function codeOf(error: unknown): string {
  return String((error as { code?: unknown } | undefined)?.code);
}

function isTlsCode(code: string): boolean {
  return /^(ERR_TLS_|ERR_SSL_|CERT_|EPROTO|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_)/.test(code);
}
