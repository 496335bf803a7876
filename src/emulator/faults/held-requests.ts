import type { Duplex } from "node:stream";
import { maxTimerInMs } from "../../kit/max-timer.ts";
import type { Delay } from "./fault-decision.ts";
import type { ActiveFault } from "./fault-options.ts";

interface Held {
  readonly by: readonly ActiveFault[];
  release(): void;
}

/** What faults hold back: sockets that get no answer, and answers that go out late. */
export class HeldRequests {
  readonly #held = new Set<Held>();
  readonly #sockets = new Set<Duplex>();

  /** Leaves the socket without an answer: it is destroyed when the fault is over. */
  hold(socket: Duplex, fault: ActiveFault): void {
    if (socket.destroyed || this.#sockets.has(socket)) return;
    const held = { by: [fault], release: () => void socket.destroy() };
    this.#sockets.add(socket);
    this.#held.add(held);
    socket
      // A peer that has given up is not kept, or a long fault would gather them without end.
      .once("end", held.release)
      .once("close", () => {
        this.#sockets.delete(socket);
        this.#held.delete(held);
      });
  }

  holds(socket: Duplex): boolean {
    return this.#sockets.has(socket);
  }

  /** Resolves when it is time, or as soon as the peer has gone or a fault of the delay is over. */
  async delay({ inMs, by }: Delay, socket: Duplex): Promise<void> {
    if (inMs === 0 || socket.destroyed) return;
    // A caller may send any number of requests without waiting for the answers.
    socket.setMaxListeners(0);
    await new Promise<void>((resolve) => {
      const release = (): void => {
        clearTimeout(timer);
        this.#held.delete(held);
        socket.off("end", release).off("close", release);
        resolve();
      };
      const timer = setTimeout(release, Math.min(inMs, maxTimerInMs)).unref();
      const held = { by, release };
      this.#held.add(held);
      socket.once("end", release).once("close", release);
    });
  }

  /** Releases what these faults have held. */
  release(over: readonly ActiveFault[]): void {
    for (const held of this.#held) {
      if (held.by.some((fault) => over.includes(fault))) held.release();
    }
  }
}
