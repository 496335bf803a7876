import { createHash } from "node:crypto";

/**
 * Time is cut into seconds of the wall clock, the same for every app server. All of them list at
 * the beginning of a second and close in its latter half, so those whose clocks agree list the same
 * connections: none of them has been closed yet by a server that was quicker.
 */
const SECOND_IN_MS = 1000;
const CLOSING = { fromInMs: 400, lengthInMs: 500 };
/** Who wakes up later than this would list what the others have left over, so it skips the second. */
const maxLatenessInMs = 200;

const BUSY_PERIOD = 1;
const WATCHFUL_PERIOD = 10;
const IDLE_PERIOD = 300;

/** A second of the wall clock, by its number since the epoch, and how much of it is over. */
export interface Slot {
  readonly second: number;
  readonly elapsedInMs: number;
}

export function slotAt(epochInMs: number): Slot {
  const second = Math.floor(epochInMs / SECOND_IN_MS);
  return { second, elapsedInMs: epochInMs - second * SECOND_IN_MS };
}

export const isTooLate = ({ elapsedInMs }: Slot): boolean => elapsedInMs > maxLatenessInMs;

export const untilNextSlotInMs = ({ elapsedInMs }: Slot): number => SECOND_IN_MS - elapsedInMs;

/** How many connections may be closed in this second; over any time it comes to the pace. */
export function closableIn(second: number, perSecond: number): number {
  return Math.floor((second + 1) * perSecond) - Math.floor(second * perSecond);
}

/**
 * When each connection is due, in ascending order: as if at random in the closing time, or in as
 * long a time from now on when the list was late. Every server comes to the same times. Were each to
 * draw its own, the quickest would count, and many servers would close all in one moment.
 *
 * @param elapsedInMs How much of the slot is over.
 */
export function spread<T extends { readonly connectionId: string }>(
  connections: readonly T[],
  { second, elapsedInMs }: Slot,
): { connection: T; delayInMs: number }[] {
  const first = Math.max(0, CLOSING.fromInMs - elapsedInMs);
  return connections
    .map((connection) => {
      const share = shareOf(`${second} ${connection.connectionId}`);
      return { connection, delayInMs: first + share * CLOSING.lengthInMs };
    })
    .sort((a, b) => a.delayInMs - b.delayInMs);
}

/**
 * How long it takes to close so many. Each server counts those that ask it, and all of them together keep
 * one pace, so that what each of them expects adds up.
 *
 * @param clients Undefined where nobody counts them, or has yet.
 */
export function expectedInMs(clients: number | undefined, perSecond: number): number | undefined {
  return clients === undefined ? undefined : Math.round((SECOND_IN_MS * clients) / perSecond);
}

/** From 0 (included) to 1 (excluded); the same for the same text. */
const shareOf = (text: string): number =>
  createHash("sha256").update(text).digest().readUInt32BE() / 2 ** 32;

/**
 * Every how many seconds displaced clients are looked for: each second while there are any; now and then
 * while clients may still connect with a token from before; and rarely after that, since a client
 * that says `?failed=` is displaced at any time.
 */
export function listingPeriod(
  hasFoundDisplaced: boolean,
  pastHoldDownInMs: number,
  tokenLifetimeInMs: number,
): number {
  if (hasFoundDisplaced) return BUSY_PERIOD;
  return pastHoldDownInMs < tokenLifetimeInMs ? WATCHFUL_PERIOD : IDLE_PERIOD;
}

/**
 * Whether to look in this second. Every server looks in the same ones; one that has missed its turn
 * makes up for it.
 */
export function isListingDue(
  second: number,
  lastListing: number | undefined,
  period: number,
): boolean {
  if (lastListing === undefined) return true;
  return Math.floor(second / period) !== Math.floor(lastListing / period);
}
