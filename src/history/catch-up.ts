import type { StreamPosition } from "../contract/history-store.ts";

/** Why a client has to go on without what it missed. */
export type MissedReason = "epoch" | "trimmed" | "too-far" | "hole" | "forbidden" | "store";

/** The most messages of a stream in one answer: as many as one keeps by default. */
export const maxMessages = 1000;
/** The most bytes of them. */
export const maxMessageBytes = 1024 * 1024;
/** By how much the clocks of app servers and store may differ. */
const CLOCK_TOLERANCE_IN_MS = 5000;

/** How far a client has read a stream, and knows it to go. */
export interface Progress {
  readonly since: StreamPosition;
  readonly seen: StreamPosition | undefined;
}

/** How many messages a client lacks, none included; or why they are not to be had. */
export type Lack = number | Exclude<MissedReason, "trimmed" | "hole" | "store">;

/**
 * What a client lacks of a stream that is known, as of after it has asked, to end at the top. Who
 * knows of more than there is has read another incarnation of the stream, whatever its name.
 */
export function lackOf({ since, seen }: Progress, top: StreamPosition): Lack {
  if (since.epoch !== top.epoch || since.offset > top.offset) return "epoch";
  if (seen?.epoch === top.epoch && seen.offset > top.offset) return "epoch";
  const missed = top.offset - since.offset;
  return missed > maxMessages ? "too-far" : missed;
}

/** Messages in a row, as far as they matter for whether they are given. */
export interface Run {
  readonly bytes: number;
  /** When the first of them was logged, epoch milliseconds. */
  readonly oldestAt: number;
}

/**
 * Why all of these messages are kept from a client, since a part of them is nothing to go by.
 *
 * @param readableSince When the client was first let in, epoch milliseconds.
 */
export function reasonToWithhold(
  { bytes, oldestAt }: Run,
  readableSince: number,
): MissedReason | undefined {
  if (oldestAt < readableSince - CLOCK_TOLERANCE_IN_MS) return "forbidden";
  return bytes > maxMessageBytes ? "too-far" : undefined;
}
