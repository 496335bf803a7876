import type { Ending } from "../hub/connection.ts";
import type { HubSettings } from "../options/hub-schema.ts";
import { KeepAlive } from "./keep-alive.ts";
import { Session, type SessionEvents, type SessionParts } from "./session.ts";

/** Every session of the service, whatever its hub: those with a socket and those without. */
export class Sessions {
  readonly #sessions = new Map<string, Session>();
  /** With the interval of their keep-alive, in seconds. */
  readonly #open = new Map<Session, number>();
  readonly #keepAlive = new KeepAlive();
  readonly #watcher: SessionEvents;
  #muted: Session[] = [];

  constructor(settingsOf: (hub: string) => HubSettings) {
    this.#watcher = {
      settingsOf,
      onLinked: (session) => {
        const interval = settingsOf(session.hubName).webSocketKeepAliveIntervalInSeconds;
        this.#keepAlive.add(session, interval);
        this.#open.set(session, interval);
      },
      onUnlinked: (session) => {
        const interval = this.#open.get(session);
        if (interval !== undefined) this.#keepAlive.remove(session, interval);
        this.#open.delete(session);
      },
      onEnded: (session) => this.#sessions.delete(session.id),
    };
  }

  create(parts: SessionParts): Session {
    const session = new Session(parts, this.#watcher);
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

  /** Also for those that have ended meanwhile: their last words are still on the way. */
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

  /** Forgets every session, without a word to anybody. */
  clear(): void {
    // Before any is forgotten: that one has gone would be news for the others.
    for (const session of this.open()) session.drop();
    for (const session of [...this.#sessions.values()]) session.forget();
    this.#muted = [];
  }
}
