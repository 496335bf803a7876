import { randomUUID } from "node:crypto";

/** Where the last part of a UUID begins, all of which is random: 48 bits. */
const RANDOM_PART = 24;

/** A name for an epoch: of 48 bits, so that a stream does not have the same one twice. */
export function freshEpoch(): string {
  // Of UUIDs, Node draws many at once; one is needed for each message.
  return Buffer.from(randomUUID().slice(RANDOM_PART), "hex").toString("base64url");
}
