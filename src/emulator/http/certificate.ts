import { createSecureContext } from "node:tls";
import type { TlsCertificate } from "../contract/emulator-options.ts";
import { invalidOptions } from "../options/parse-with.ts";
import { createSelfSignedCertificate } from "./self-signed-certificate.ts";

/**
 * The certificate to speak https with: the one given, or a self-signed one for this machine and
 * the hosts named. Undefined when there is to be none.
 *
 * @throws EmulatorError `ERR_INVALID_OPTIONS` for a certificate or key that cannot be used.
 */
export function obtainCertificate(
  tls: boolean | TlsCertificate,
  hosts: readonly string[],
): TlsCertificate | undefined {
  if (tls === false) return undefined;
  if (tls === true) {
    return createSelfSignedCertificate(certifiedHosts(hosts), new Date());
  }
  try {
    createSecureContext(tls);
    return tls;
  } catch (cause) {
    const message = "give cert and key in PEM that belong together";
    throw invalidOptions("startEmulator", [{ path: "tls", message }], { cause });
  }
}

/** The names and addresses that a certificate is for: those of this machine, and these. */
export const certifiedHosts = (hosts: readonly string[]): string[] => [
  ...new Set(["localhost", "127.0.0.1", "::1", ...hosts]),
];
