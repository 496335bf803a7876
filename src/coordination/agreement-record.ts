import { z } from "zod";
import type { Agreement } from "../contract/coordination.ts";
import { ResilientPubSubError } from "../kit/errors.ts";

/**
 * The one text that servers write by compare-and-set. The leader is part of it, so that whoever takes
 * the lead makes all writes of its predecessor fail that are still under way.
 */
export interface AgreementRecord {
  readonly agreement: Agreement;
  /** The server that may move the agreement while it renews its lead; null when it has resigned. */
  readonly leader: string | null;
  /** Grows with every renewal, so that its peers see that the leader lives. */
  readonly renewals: number;
}

const FORMAT = 2;

const recordSchema = z.object({
  format: z.literal(FORMAT),
  agreement: z.object({
    epoch: z.int().positive(),
    active: z.string().min(1),
    url: z.string().min(1),
    since: z.number(),
    reason: z.enum(["first", "active-unhealthy", "switched", "failback"]),
  }),
  leader: z.string().nullable(),
  renewals: z.int().nonnegative(),
});

export function writeRecord(record: AgreementRecord): string {
  return JSON.stringify({ format: FORMAT, ...record });
}

/** @throws ResilientPubSubError `ERR_STORE_UNREADABLE` */
export function parseRecord(text: string): AgreementRecord {
  try {
    return recordSchema.parse(JSON.parse(text));
  } catch (cause) {
    const message =
      "The agreement in the coordination store was not written by a version of this package that this one understands; give it a container or a prefix of its own";
    throw new ResilientPubSubError("ERR_STORE_UNREADABLE", message, { cause });
  }
}
