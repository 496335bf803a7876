import type { Socket } from "node:net";
import type { ActiveFault, ActiveFaultOf } from "./fault-options.ts";
import { Link } from "./link.ts";

/** The connections that faults slow down. */
export class SlowLinks {
  readonly #slowed = new Map<Socket, ActiveFault>();
  /** A socket that has been slow once keeps what makes it so. */
  readonly #links = new WeakMap<Socket, Link>();
  readonly #spared = new WeakSet<Socket>();

  slow(socket: Socket, fault: ActiveFaultOf<"slow-link">): void {
    if (socket.destroyed || this.#spared.has(socket)) return;
    let link = this.#links.get(socket);
    if (!link) {
      link = new Link(socket);
      this.#links.set(socket, link);
      socket.once("close", () => this.#slowed.delete(socket));
    }
    this.#slowed.set(socket, fault);
    link.set(fault.bytesPerSecond);
  }

  /** It is as fast as ever, whatever comes. */
  spare(socket: Socket): void {
    this.#spared.add(socket);
    this.#free(socket);
  }

  release(over: readonly ActiveFault[]): void {
    for (const [socket, fault] of this.#slowed) {
      if (over.includes(fault)) this.#free(socket);
    }
  }

  #free(socket: Socket): void {
    if (this.#slowed.delete(socket)) this.#links.get(socket)?.set({});
  }
}
