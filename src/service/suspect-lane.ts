import { HangSuspicion, type MessageTraits, socketsForSuspects } from "./hang-suspicion.ts";

/** What the lane needs to know of a call. */
interface LaneCall {
  readonly isMessage: boolean;
  /** Only asked for when something hangs. */
  readonly traits: MessageTraits;
}

/** A socket that is busy. */
interface LaneSocket {
  readonly call: LaneCall | undefined;
  readonly isStale: boolean;
}

/**
 * The messages of one pool that are like those that hang. They share a few sockets, and are held back
 * beyond that, so that all others go by them.
 */
export class SuspectLane<Call extends LaneCall> {
  readonly maxSockets: number;
  readonly #suspicion: HangSuspicion;
  readonly #held = new Set<Call>();
  /** Let go, and not sent yet. */
  readonly #released = new Set<Call>();

  constructor(maxSockets: number) {
    this.maxSockets = socketsForSuspects(maxSockets);
    this.#suspicion = new HangSuspicion(maxSockets);
  }

  get heldCount(): number {
    return this.#held.size;
  }

  held(): readonly Call[] {
    return [...this.#held];
  }

  /** Of the busy sockets, those that the lane takes up. */
  socketsOf<Socket extends LaneSocket>(busy: Iterable<Socket>, now: number): Socket[] {
    return [...busy].filter(({ call, isStale }) => !isStale && call && this.#isSuspect(call, now));
  }

  /** Holds a call back if it must be. */
  takes(call: Call, busy: Iterable<LaneSocket>, now: number): boolean {
    if (!this.#isSuspect(call, now)) return false;
    const isFull = this.#sizeWith(busy, now) >= this.maxSockets;
    if (isFull) this.#held.add(call);
    else this.#released.add(call);
    return isFull;
  }

  /** A call was sent, or ended before that. Whether it was held back. */
  leave(call: Call): boolean {
    this.#released.delete(call);
    return this.#held.delete(call);
  }

  /** Those that need not be held back any longer, in order. */
  release(busy: Iterable<LaneSocket>, now: number): readonly Call[] {
    if (this.#held.size === 0) return [];
    const free: Call[] = [];
    let room = this.maxSockets - this.#sizeWith(busy, now);
    for (const call of this.#held) {
      const isSuspect = this.#isSuspect(call, now);
      if (isSuspect && room <= 0) break;
      if (isSuspect) {
        room -= 1;
        this.#released.add(call);
      }
      this.#held.delete(call);
      free.push(call);
    }
    return free;
  }

  /** @returns Whether there are new suspects, who may be waiting among the others. */
  observe(hanging: readonly LaneSocket[], now: number): boolean {
    const traits = hanging.flatMap(({ call }) => call?.traits ?? []);
    return this.#suspicion.observe(traits, now);
  }

  /** @returns Whether some may be held back no longer. */
  accept({ traits }: LaneCall, now: number): boolean {
    return this.#suspicion.accept(traits.target, () => traits.content, now);
  }

  #sizeWith(busy: Iterable<LaneSocket>, now: number): number {
    return this.socketsOf(busy, now).length + this.#released.size;
  }

  #isSuspect({ isMessage, traits }: LaneCall, now: number): boolean {
    return isMessage && this.#suspicion.isSuspect(traits, now);
  }
}
