import { BoundedMap } from "../kit/bounded-map.ts";

/** What a message may have in common with others that hang. Equal texts mean the same. */
export interface MessageTraits {
  /** Where it goes: operation, user, group, filter. */
  readonly target: string;
  /** What it says. */
  readonly content: string;
}

/** Of the sockets, which messages may hold together that are like those that hang. */
const SHARE_OF_SUSPECTS = 0.25;
const LEAST_RECURRENCE = 2;
/** How long a trait is under suspicion after a message with it was last seen to hang. */
const MEMORY_IN_MS = 10_000;
const maxTraits = 1000;

/** How many sockets may be held by messages that are like those that hang. */
export const socketsForSuspects = (maxSockets: number): number =>
  Math.max(1, Math.floor(maxSockets * SHARE_OF_SUSPECTS));

/**
 * Which messages are likely to hang, because others hang that say the same, or go to the same target
 * and say different things. Only what has not been accepted lately can be suspected, so an endpoint
 * that is slow, or hangs at random, has hardly a suspect. Whoever is suspected loses nothing but the
 * right to any number of sockets: a wrong suspicion delays, until one like it is accepted, and never
 * ends a message.
 */
export class HangSuspicion {
  readonly #recurrence: number;
  /** Until when each trait is suspected, monotonic milliseconds. */
  readonly #suspects = new BoundedMap<string, number>(maxTraits);
  /** When a message with each trait was accepted last. */
  readonly #acceptedAt = new BoundedMap<string, number>(maxTraits);
  #arousedUntil = Number.NEGATIVE_INFINITY;

  constructor(maxSockets: number) {
    this.#recurrence = Math.max(LEAST_RECURRENCE, socketsForSuspects(maxSockets));
  }

  /**
   * Looks at all messages that hang now.
   *
   * @returns Whether there is a new suspect.
   */
  observe(hanging: readonly MessageTraits[], now: number): boolean {
    const counts = new Map<string, Set<string | number>>();
    const count = (trait: string, member: string | number): void => {
      if (this.#isAccepted(trait, now)) return;
      counts.set(trait, (counts.get(trait) ?? new Set()).add(member));
    };
    hanging.forEach(({ target, content }, index) => {
      count(contentKey(content), index);
      // Of those that say the same, it is what they say.
      count(targetKey(target), content);
    });
    let isNew = false;
    for (const [trait, { size }] of counts) {
      const isKnown = this.#isSuspected(trait, now);
      if (size < this.#recurrence && !isKnown) continue;
      this.#suspects.set(trait, now + MEMORY_IN_MS);
      this.#arousedUntil = now + MEMORY_IN_MS;
      isNew ||= !isKnown;
    }
    return isNew;
  }

  /**
   * A message was accepted: what it is like is not what makes others hang.
   *
   * @param content Not asked for while nobody is suspected.
   * @returns Whether it was suspected.
   */
  accept(target: string, content: () => string, now: number): boolean {
    const traits = [targetKey(target)];
    if (this.#isAroused(now)) traits.push(contentKey(content()));
    const wasSuspected = traits.some((trait) => this.#isSuspected(trait, now));
    for (const trait of traits) {
      this.#acceptedAt.set(trait, now);
      this.#suspects.delete(trait);
    }
    return wasSuspected;
  }

  isSuspect(message: MessageTraits, now: number): boolean {
    // Nearly always this is all, and nobody's traits are needed.
    if (!this.#isAroused(now)) return false;
    const { target, content } = message;
    return [contentKey(content), targetKey(target)].some((trait) => this.#isSuspected(trait, now));
  }

  #isAroused(now: number): boolean {
    return this.#arousedUntil > now;
  }

  #isSuspected(trait: string, now: number): boolean {
    return (this.#suspects.get(trait) ?? Number.NEGATIVE_INFINITY) > now;
  }

  #isAccepted(trait: string, now: number): boolean {
    const acceptedAt = this.#acceptedAt.get(trait) ?? Number.NEGATIVE_INFINITY;
    return now - acceptedAt < MEMORY_IN_MS;
  }
}

const contentKey = (content: string): string => `c ${content}`;
const targetKey = (target: string): string => `t ${target}`;
