// The last quarter of the interval is left to chance, and so is all but a quarter of the first.
const CERTAIN_SHARE = 0.75;
// Doubts come as often as something fails.
const LEAST_SHARE = 0.25;
const HIDDEN_FACTOR = 4;

/** What a schedule goes by; random is from 0 (included) to 1 (excluded). */
export interface ReviewMoment {
  readonly now: number;
  readonly random: number;
  readonly reviewAfterInMs: number;
}

/**
 * When a connected client asks whether it is to stay: once in each interval, and sooner when it has
 * reason to doubt. Clients that doubt together do not ask together, and none asks more often than
 * four times in an interval.
 */
export class ReviewSchedule {
  dueAt = Number.POSITIVE_INFINITY;
  #askedAt = Number.NEGATIVE_INFINITY;

  /** There is a connection, perhaps with many others at the same time. */
  onConnected({ now, random, reviewAfterInMs }: ReviewMoment): void {
    this.dueAt = now + shareFrom(LEAST_SHARE, random) * reviewAfterInMs;
  }

  onAsked({ now, random, reviewAfterInMs }: ReviewMoment, isHidden: boolean): void {
    this.#askedAt = now;
    const share = shareFrom(CERTAIN_SHARE, random);
    this.dueAt = now + share * reviewAfterInMs * (isHidden ? HIDDEN_FACTOR : 1);
  }

  /** @param spreadInMs Within which all that may doubt now ask. */
  onDoubt({ now, random, reviewAfterInMs }: ReviewMoment, spreadInMs: number): void {
    const earliestAt = Math.max(now, this.#askedAt + LEAST_SHARE * reviewAfterInMs);
    // Another doubt is no reason for another throw of the dice: the soonest would win.
    if (this.dueAt > earliestAt + spreadInMs) this.dueAt = earliestAt + random * spreadInMs;
  }
}

/** Of an interval: the least, and a random part of the rest. */
const shareFrom = (least: number, random: number): number => least + random * (1 - least);
