import { createHmac, type KeyObject, timingSafeEqual } from "node:crypto";

const DIGEST = /^sha256=([0-9a-f]{64})$/i;
/** The service lists two: of its primary and of its secondary key. */
const maxDigests = 8;

/** The digests in `ce-signature`, as far as they are well-formed; what stands behind many others is not read. */
export function readDigests(signature: string): Buffer[] {
  return signature
    .split(",", maxDigests)
    .map((part) => DIGEST.exec(part.trim())?.[1])
    .filter((hex) => hex !== undefined)
    .map((hex) => Buffer.from(hex, "hex"));
}

/**
 * Whether one of the digests proves that the sender knows one of the keys. The service lists a digest
 * for its primary and one for its secondary key, and an application may hold either.
 */
export function isSignedBy(
  keys: readonly KeyObject[],
  digests: readonly Buffer[],
  connectionId: string,
): boolean {
  return keys.some((key) => {
    const expected = createHmac("sha256", key).update(connectionId).digest();
    return digests.some((digest) => timingSafeEqual(digest, expected));
  });
}
