import type { OutboxBacklog } from "../contract/history-store.ts";
import type { Clock } from "../kit/clock.ts";
import type { HistorySession } from "./session.ts";

/** The store is asked no more often, however many look. */
const REFRESH_AFTER_IN_MS = 5000;

/** How much the outbox has, for whoever looks now and then: as it was at the look before. */
export class BacklogWatch {
  readonly #session: HistorySession;
  readonly #clock: Clock;
  #known: OutboxBacklog | undefined;
  #askedAt = Number.NEGATIVE_INFINITY;

  constructor(session: HistorySession, clock: Clock) {
    this.#session = session;
    this.#clock = clock;
  }

  /** Undefined at the first look, and while the store cannot tell. */
  look(): OutboxBacklog | undefined {
    const now = this.#clock.now();
    if (!this.#session.isLive) this.#known = undefined;
    else if (now - this.#askedAt >= REFRESH_AFTER_IN_MS) {
      this.#askedAt = now;
      void this.#ask();
    }
    return this.#known;
  }

  async #ask(): Promise<void> {
    try {
      this.#known = await this.#session.ask(async (connection, options) =>
        connection.backlog?.(options),
      );
    } catch {
      // The session has told why.
      this.#known = undefined;
    }
  }
}
