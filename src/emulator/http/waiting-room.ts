import type { Duplex } from "node:stream";
import type { ActiveFault } from "../faults/fault-options.ts";
import type { Delay } from "../faults/verdict.ts";

interface Guest {
  readonly keptBy: readonly ActiveFault[];
  free(): void;
}

const longestDelayInMs = 2 ** 31 - 1;

/** What faults keep waiting: sockets that get no answer, and answers that go out late. */
export class WaitingRoom {
  readonly #guests = new Set<Guest>();
  readonly #held = new Set<Duplex>();

  /** Lets the socket wait in vain: it is destroyed when the fault is over. */
  hold(socket: Duplex, fault: ActiveFault): void {
    if (socket.destroyed || this.#held.has(socket)) return;
    const guest = { keptBy: [fault], free: () => void socket.destroy() };
    this.#held.add(socket);
    this.#guests.add(guest);
    socket
      // One who has given up is not kept, or a long fault would gather them without end.
      .once("end", guest.free)
      .once("close", () => {
        this.#held.delete(socket);
        this.#guests.delete(guest);
      });
  }

  holds(socket: Duplex): boolean {
    return this.#held.has(socket);
  }

  /** Resolves when it is time, or as soon as the peer has gone or a fault of the delay is over. */
  async delay({ inMs, by }: Delay, socket: Duplex): Promise<void> {
    if (inMs === 0 || socket.destroyed) return;
    // A caller may send any number of requests without waiting for the answers.
    socket.setMaxListeners(0);
    await new Promise<void>((resolve) => {
      const free = (): void => {
        clearTimeout(timer);
        this.#guests.delete(guest);
        socket.off("end", free).off("close", free);
        resolve();
      };
      const timer = setTimeout(free, Math.min(inMs, longestDelayInMs)).unref();
      const guest = { keptBy: by, free };
      this.#guests.add(guest);
      socket.once("end", free).once("close", free);
    });
  }

  /** Frees what these faults have kept. */
  release(over: readonly ActiveFault[]): void {
    for (const guest of this.#guests) {
      if (guest.keptBy.some((fault) => over.includes(fault))) guest.free();
    }
  }
}
