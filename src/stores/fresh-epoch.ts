import { randomBytes } from "node:crypto";

/** A name for an epoch: of 48 bits, so that a stream does not have the same one twice. */
export function freshEpoch(): string {
  return randomBytes(6).toString("base64url");
}
