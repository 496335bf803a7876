import type { Socket } from "node:net";
import type { Duplex, Readable } from "node:stream";
import type { ActiveFaults } from "./active-faults.ts";
import type { FaultAnswer, FaultTarget } from "./fault-decision.ts";
import type { ActiveFault } from "./fault-options.ts";
import { HeldRequests } from "./held-requests.ts";
import { SlowLinks } from "./slow-links.ts";

/** A request that has come in. */
export interface Arrival extends FaultTarget {
  readonly socket: Duplex;
  /** Read while the request is held: what stays unread would hide that the peer hangs up. */
  readonly source: Readable;
}

/** A request that no fault holds so far. */
export interface Pass {
  /** What a fault answers in the place of the service. */
  readonly answer: FaultAnswer | undefined;
  /** Waits as long as faults delay the answer; false when one that has begun meanwhile holds it. */
  leave(): Promise<boolean>;
  /** False from the moment that a fault has begun which holds the request. */
  mayWrite(): boolean;
}

/**
 * Where faults act on connections and requests: each request enters once, when what happens to it is
 * decided, and leaves with its answer, which only a fault that has begun meanwhile can still hold.
 */
export class FaultGate {
  readonly #faults: ActiveFaults;
  readonly #held = new HeldRequests();
  readonly #slowLinks = new SlowLinks();

  constructor(faults: ActiveFaults) {
    this.#faults = faults;
  }

  /** Whether what requests contain is to be read before they enter. */
  get looksInside(): boolean {
    return this.#faults.looksInside;
  }

  /** Undefined when a fault holds the request: nothing more is to be done for it. */
  enter(arrival: Arrival): Pass | undefined {
    const { type, socket } = arrival;
    const { injection } = this.#faults;
    const decision = this.#faults.decide(arrival);
    if (decision.kind === "hold") {
      this.#hold(arrival, decision.by);
      return undefined;
    }
    const isHeldByNow = (): boolean => {
      const fault = this.#faults.fullHoldSince(injection, type);
      if (fault) this.#hold(arrival, fault);
      return fault !== undefined;
    };
    return {
      answer: decision.kind === "answer" ? decision.answer : undefined,
      leave: async () => {
        await this.#held.delay(decision.delay, socket);
        return !isHeldByNow();
      },
      mayWrite: () => !isHeldByNow() && !this.#held.holds(socket),
    };
  }

  /** False for a connection that is held, since every request on it would be. */
  admitsConnection(socket: Duplex): boolean {
    const fault = this.#faults.fullHold;
    if (fault) this.hold(socket, fault);
    return fault === undefined;
  }

  /** Whether the connection is slow from now on. */
  slows(socket: Socket): boolean {
    const fault = this.#faults.draw("slow-link");
    if (fault) this.#slowLinks.slow(socket, fault);
    return fault !== undefined;
  }

  /** No fault slows this connection from now on. */
  spare(socket: Socket): void {
    this.#slowLinks.spare(socket);
  }

  /** Leaves a connection without a word until the fault is over, when it is destroyed. */
  hold(socket: Duplex, fault: ActiveFault): void {
    this.#hold({ socket, source: socket }, fault);
  }

  /** Sends out what these faults have delayed, and destroys the sockets that they have held. */
  release(over: readonly ActiveFault[]): void {
    this.#held.release(over);
    this.#slowLinks.release(over);
  }

  #hold({ socket, source }: Pick<Arrival, "socket" | "source">, fault: ActiveFault): void {
    source.resume();
    this.#held.hold(socket, fault);
  }
}
