import { isIP } from "node:net";
import { createSecureContext } from "node:tls";
import type { TlsCertificate } from "../contract/emulator-options.ts";
import { invalidOptions } from "../options/parse-with.ts";

const msPerDay = 24 * 60 * 60 * 1000;

/**
 * The certificate to speak https with: the one given, or a self-signed one for this machine and
 * the hosts named. Undefined when there is to be none.
 *
 * @throws EmulatorError `ERR_INVALID_OPTIONS` for a certificate or key that cannot be used.
 */
export async function obtainCertificate(
  tls: boolean | TlsCertificate,
  hosts: readonly string[],
): Promise<TlsCertificate | undefined> {
  if (tls === false) return undefined;
  if (tls === true) return createCertificate(["localhost", "127.0.0.1", "::1", ...hosts]);
  try {
    createSecureContext(tls);
    return tls;
  } catch (cause) {
    const message = "give cert and key in PEM that belong together";
    throw invalidOptions("startEmulator", [{ path: "tls", message }], { cause });
  }
}

async function createCertificate(hosts: readonly string[]): Promise<TlsCertificate> {
  // Loaded only now, since it takes its time.
  const { generate } = await import("selfsigned");
  const altNames = [...new Set(hosts)].map((host) =>
    isIP(host) ? { type: 7 as const, ip: host } : { type: 2 as const, value: host },
  );
  const { cert, private: key } = await generate([{ name: "commonName", value: "localhost" }], {
    keyType: "ec",
    algorithm: "sha256",
    // The clocks of those who check it may be a little behind.
    notBeforeDate: new Date(Date.now() - msPerDay),
    notAfterDate: new Date(Date.now() + 365 * msPerDay),
    extensions: [
      { name: "basicConstraints", cA: false, critical: true },
      { name: "keyUsage", digitalSignature: true, critical: true },
      { name: "extKeyUsage", serverAuth: true },
      { name: "subjectAltName", altNames },
    ],
  });
  return { cert, key };
}
