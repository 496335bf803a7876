import { isIP } from "node:net";
import { createSecureContext } from "node:tls";
import type { TlsCertificate } from "../contract/emulator-options.ts";
import { EmulatorError } from "../contract/errors.ts";
import { invalidOptions } from "../options/parse-with.ts";

const MS_PER_DAY = 24 * 60 * 60 * 1000;

/**
 * The certificate to speak https with: the one given, or a self-signed one for this machine and
 * the hosts named. Undefined when there is to be none.
 *
 * @throws EmulatorError `ERR_INVALID_OPTIONS` for a certificate or key that cannot be used,
 *   `ERR_MISSING_DEPENDENCY` when one is to be made without the package for it.
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
  const { generate } = await loadSelfsigned();
  const altNames = [...new Set(hosts)].map((host) =>
    isIP(host) ? { type: 7 as const, ip: host } : { type: 2 as const, value: host },
  );
  const { cert, private: key } = await generate([{ name: "commonName", value: "localhost" }], {
    keyType: "ec",
    algorithm: "sha256",
    // The clocks of those who check it may be a little behind.
    notBeforeDate: new Date(Date.now() - MS_PER_DAY),
    notAfterDate: new Date(Date.now() + 365 * MS_PER_DAY),
    extensions: [
      { name: "basicConstraints", cA: false, critical: true },
      { name: "keyUsage", digitalSignature: true, critical: true },
      { name: "extKeyUsage", serverAuth: true },
      { name: "subjectAltName", altNames },
    ],
  });
  return { cert, key };
}

/** An optional peer: it is large, and whoever brings a certificate does without it. */
async function loadSelfsigned(): Promise<typeof import("selfsigned")> {
  try {
    return await import("selfsigned");
  } catch (cause) {
    const { code = "", message = "" } = cause as NodeJS.ErrnoException;
    if (!code.endsWith("MODULE_NOT_FOUND") || !message.includes("selfsigned")) throw cause;
    throw new EmulatorError(
      "ERR_MISSING_DEPENDENCY",
      "A self-signed certificate needs the package selfsigned: npm install --save-dev selfsigned. " +
        "A certificate of your own (tls: { cert, key }, or --tls-cert and --tls-key) needs nothing.",
      { cause },
    );
  }
}
