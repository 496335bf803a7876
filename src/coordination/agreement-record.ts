import { z } from "zod";
import type { Agreement } from "../contract/coordination.ts";
import { ResilientPubSubError } from "../kit/errors.ts";
import { safeText } from "../kit/safe-text.ts";
import { isTooLong, refuseTooLong } from "../stores/text-limit.ts";

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
  /**
   * Ids of the servers that may live, as the leader knows. Left out while it does not know them: the
   * store has lost something.
   */
  readonly voters?: readonly string[];
  /** How many servers see the active endpoint unhealthy, for the leader; none when it is left out. */
  readonly doubts?: number;
}

const FORMAT = 2;

/**
 * The greatest epoch that is believed. It is half of what a number can count to, so whoever reads it
 * can go on from there; agreements of our own do not get there in a million years.
 */
const maxEpoch = 2 ** 52;
const maxCount = 2 ** 31;
/** Versions before it was added wrote none, and take it out. */
const maxIncarnationLength = 64;
/** What a Date can hold. */
const maxMoment = 8.64e15;

/** Read with care: what only counts or informs ends no failover because it is wrong. */
const count = z.int().nonnegative().max(maxCount).catch(0);

const recordSchema = z.object({
  format: z.literal(FORMAT),
  agreement: z.object({
    epoch: z.unknown(),
    incarnation: z.string().max(maxIncarnationLength).catch(""),
    active: z.string().min(1),
    url: z.string().min(1),
    since: z.number().min(-maxMoment).max(maxMoment).catch(0),
    reason: z.enum(["first", "active-unhealthy", "switched", "failback"]),
  }),
  leader: z.string().nullable(),
  renewals: count,
  voters: z.array(z.string()).optional().catch(undefined),
  doubts: count.optional(),
});

const epochSchema = z.int().positive().max(maxEpoch);

/** @throws ResilientPubSubError `ERR_STORE_REFUSED` when it is longer than servers read */
export function writeRecord(record: AgreementRecord): string {
  const text = JSON.stringify({ format: FORMAT, ...record });
  refuseTooLong("the agreement", text);
  return text;
}

/** A record of this format that cannot be true: it is as good as lost, and is replaced. */
export interface SpoiltRecord {
  readonly error: ResilientPubSubError;
}

/** @throws ResilientPubSubError `ERR_STORE_UNREADABLE` when it may be right, for another version */
export function parseRecord(text: string): AgreementRecord | SpoiltRecord {
  const { agreement, doubts, voters, ...rest } = parse(text);
  const epoch = epochSchema.safeParse(agreement.epoch);
  if (!epoch.success) return { error: spoiltError(agreement.epoch) };
  return {
    agreement: { ...agreement, epoch: epoch.data },
    ...rest,
    ...(voters !== undefined && { voters }),
    ...(doubts !== undefined && { doubts }),
  };
}

export function isSpoilt(record: AgreementRecord | SpoiltRecord): record is SpoiltRecord {
  return "error" in record;
}

function parse(text: string): z.infer<typeof recordSchema> {
  try {
    if (isTooLong(text)) throw new RangeError(`It has ${Buffer.byteLength(text)} bytes.`);
    return recordSchema.parse(JSON.parse(text));
  } catch (error) {
    const message =
      "The agreement in the coordination store was not written by a version of this package that this one understands; give it a container or a prefix of its own";
    // The error of a parser repeats what it has found, which somebody else has written.
    const cause = new Error(safeText((error as Error).message));
    throw new ResilientPubSubError("ERR_STORE_UNREADABLE", message, { cause });
  }
}

function spoiltError(epoch: unknown): ResilientPubSubError {
  const found = safeText(JSON.stringify(epoch) ?? "nothing");
  return new ResilientPubSubError(
    "ERR_STORE_UNREADABLE",
    `The agreement in the coordination store has the number ${found}, which none can have; the servers write down anew what they last agreed on, and nobody has to do anything`,
  );
}
