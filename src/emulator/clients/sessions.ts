import type { Ending } from "../hub/connection.ts";
import type { HubSettings } from "../options/hub-schema.ts";
import { KeepAlive } from "./keep-alive.ts";
import { Session } from "./session.ts";
import type { SessionListener, SessionOptions } from "./session-options.ts";

/** Every session of the service, whatever its hub: those with a socket and those without. */
export class Sessions {
  readonly #sessions = new Map<string, Session>();
  /** With the interval of their keep-alive, in seconds. */
  readonly #open = new Map<Session, number>();
  readonly #keepAlive = new KeepAlive();
  readonly #listener: SessionListener<Session>;
  #muted: Session[] = [];

  constructor(settingsOf: (hub: string) => HubSettings) {
    this.#listener = {
      settingsOf,
      onSocketOpened: (session) => {
        const interval = settingsOf(session.hubName).webSocketKeepAliveIntervalInSeconds;
        this.#keepAlive.add(session, interval);
        this.#open.set(session, interval);
      },
      onSocketLost: (session) => {
        const interval = this.#open.get(session);
        if (interval !== undefined) this.#keepAlive.remove(session, interval);
        this.#open.delete(session);
      },
      onEnded: (session) => this.#sessions.delete(session.id),
    };
  }

  create(options: SessionOptions): Session {
    const session = new Session(options, this.#listener);
    this.#sessions.set(session.id, session);
    return session;
  }

  find(id: string): Session | undefined {
    return this.#sessions.get(id);
  }

  /** Those with a socket, the oldest socket first. */
  open(): Session[] {
    return [...this.#open.keys()];
  }

  get openCount(): number {
    return this.#open.size;
  }

  mute(): void {
    this.#muted = this.open();
    for (const session of this.#muted) session.mute();
  }

  /** Also for those that have ended meanwhile: their final frames are still on the way. */
  unmute(): void {
    for (const session of this.#muted) session.unmute();
    this.#muted = [];
  }

  end(ending: Ending): void {
    for (const session of [...this.#sessions.values()]) session.end(ending);
  }

  /** Sockets close; reliable clients may come back, for everybody else it is the end. */
  suspend(ending: Ending): void {
    for (const session of this.open()) session.suspend(ending);
  }

  /** Discards every session, and nobody hears of it. */
  clear(): void {
    // Before any is discarded: the others would be told that one has gone.
    for (const session of this.open()) session.drop();
    for (const session of [...this.#sessions.values()]) session.discard();
    this.#muted = [];
  }
}
