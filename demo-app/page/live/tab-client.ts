import { type ClientState, ResilientPubSubClient } from "express-resilient-pubsub/client";
import type { ChatMessage } from "../../contract/live.ts";

export interface MeListener {
  /** Something about this tab's connection is different. */
  changed(): void;
  heard(message: ChatMessage): void;
}

/** This tab as a client like all others: it has a home, and goes where that home's negotiate says. */
export class Me {
  readonly user: string;
  readonly #listener: MeListener;
  #home: string;
  #client: ResilientPubSubClient | undefined;
  /** The last move. */
  #downtimeInMs: number | null = null;
  #moves = 0;
  #broadcasts = 0;

  constructor(user: string, home: string, listener: MeListener) {
    this.user = user;
    this.#home = home;
    this.#listener = listener;
  }

  get home(): string {
    return this.#home;
  }

  get isStarted(): boolean {
    return this.#client !== undefined;
  }

  get endpoint(): string | undefined {
    return this.#client?.endpoint;
  }

  get connection(): ClientState {
    return this.#client?.state ?? "stopped";
  }

  get lastDowntimeInMs(): number | null {
    return this.#downtimeInMs;
  }

  get moves(): number {
    return this.#moves;
  }

  /** How many messages of app servers it has heard. */
  get broadcasts(): number {
    return this.#broadcasts;
  }

  /** Leaves, if it is somewhere, and asks the app server of this home. */
  liveIn(home: string): void {
    this.#home = home;
    this.#client?.stop();
    const query = new URLSearchParams({ home, user: this.user });
    const client = new ResilientPubSubClient(`/negotiate?${query}`);
    this.#client = client;
    this.#follow(client);
    // The client's state tells the same.
    client.start().catch(() => {});
    this.#listener.changed();
  }

  async say(text: string): Promise<void> {
    await this.#client?.sendEvent("chat", { text }, "json");
  }

  #follow(client: ResilientPubSubClient): void {
    const isCurrent = (): boolean => client === this.#client;
    client.on("state-changed", () => isCurrent() && this.#listener.changed());
    client.on("moved", ({ downtimeInMs }) => {
      if (!isCurrent()) return;
      this.#moves += 1;
      this.#downtimeInMs = downtimeInMs;
      this.#listener.changed();
    });
    client.on("server-message", ({ message }) => {
      if (!isCurrent() || !isChatMessage(message.data)) return;
      if (message.data.kind === "broadcast") this.#broadcasts += 1;
      this.#listener.heard(message.data);
    });
  }
}

function isChatMessage(data: unknown): data is ChatMessage {
  return typeof data === "object" && data !== null && "kind" in data && "text" in data;
}
