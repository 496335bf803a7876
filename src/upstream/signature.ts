import { createHmac, type KeyObject, timingSafeEqual } from "node:crypto";

const DIGEST = /^sha256=([0-9a-f]{64})$/i;

/**
 * Whether `ce-signature` proves that the sender knows one of the keys. The service lists a digest
 * for its primary and one for its secondary key, and an application may hold either.
 */
export function isSignedBy(
  keys: readonly KeyObject[],
  signature: string,
  connectionId: string,
): boolean {
  const listed = signature
    .split(",")
    .map((part) => DIGEST.exec(part.trim())?.[1])
    .filter((hex) => hex !== undefined)
    .map((hex) => Buffer.from(hex, "hex"));
  return keys.some((key) => {
    const expected = createHmac("sha256", key).update(connectionId).digest();
    return listed.some((digest) => timingSafeEqual(digest, expected));
  });
}
