import type { Ending } from "../hub/connection.ts";
import type { HubSettings } from "../options.ts";
import { KeepAlive } from "./keep-alive.ts";
import { Session, type SessionEvents, type SessionParts } from "./session.ts";

/** Every session of the service, whatever its hub: those with a socket and those without. */
export class Sessions {
  readonly #settingsOf: (hub: string) => HubSettings;
  readonly #sessions = new Map<string, Session>();
  readonly #open = new Map<Session, () => void>();
  readonly #keepAlive = new KeepAlive();
  readonly #watcher: SessionEvents;
  #muted: Session[] = [];

  constructor(settingsOf: (hub: string) => HubSettings) {
    this.#settingsOf = settingsOf;
    this.#watcher = {
      onLinked: (session) => {
        const { webSocketKeepAliveIntervalInSeconds } = this.#settingsOf(session.hubName);
        const stop = this.#keepAlive.add(session, webSocketKeepAliveIntervalInSeconds);
        this.#open.set(session, stop);
      },
      onUnlinked: (session) => {
        this.#open.get(session)?.();
        this.#open.delete(session);
      },
      onEnded: (session) => this.#sessions.delete(session.id),
    };
  }

  create(parts: Omit<SessionParts, "settings">): Session {
    const settings = (): HubSettings => this.#settingsOf(parts.hub.name);
    const session = new Session({ ...parts, settings }, this.#watcher);
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
