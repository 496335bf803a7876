import type { Ending } from "../hub/connection.ts";
import type { Session } from "./session.ts";

const pingIntervalInMs = 20_000;

/** Every session of the service whose socket is open, whatever its hub. */
export class Sessions {
  readonly #sessions = new Set<Session>();
  #pings: NodeJS.Timeout | undefined;

  add(session: Session): void {
    this.#sessions.add(session);
    this.#pings ??= setInterval(() => {
      for (const open of this.#sessions) open.ping();
    }, pingIntervalInMs).unref();
  }

  delete(session: Session): void {
    this.#sessions.delete(session);
    if (this.#sessions.size > 0) return;
    clearInterval(this.#pings);
    this.#pings = undefined;
  }

  mute(): void {
    for (const session of this.#sessions) session.mute();
  }

  unmute(): void {
    for (const session of this.#sessions) session.unmute();
  }

  end(ending: Ending): void {
    for (const session of this.#sessions) session.end(ending);
  }
}
