import {
  type ClientState,
  continuity,
  ResilientPubSubClient,
} from "express-resilient-pubsub/client";
import { type ChatMessage, TALK_GROUP } from "../../contract/live.ts";

export interface TabClientListener {
  /** Something about this tab's connection is different. */
  changed(): void;
  received(message: ChatMessage): void;
}

/** This tab as a client like all others: it has a home region, and connects where negotiate there sends it. */
export class TabClient {
  readonly user: string;
  readonly #listener: TabClientListener;
  #homeRegion: string;
  #client: ResilientPubSubClient | undefined;
  /** The last move. */
  #downtimeInMs: number | null = null;
  #moves = 0;
  #broadcasts = 0;

  constructor(user: string, homeRegion: string, listener: TabClientListener) {
    this.user = user;
    this.#homeRegion = homeRegion;
    this.#listener = listener;
  }

  get homeRegion(): string {
    return this.#homeRegion;
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

  /** Leaves, if it is somewhere, and asks the app server of this home region. */
  connectFrom(homeRegion: string): void {
    this.#homeRegion = homeRegion;
    this.#client?.stop();
    const query = new URLSearchParams({ home: homeRegion, user: this.user });
    const client = new ResilientPubSubClient(`/negotiate?${query}`, {
      continuity: continuity(),
    });
    this.#client = client;
    this.#follow(client);
    // The client's state says the same.
    client.start().catch(() => {});
    this.#listener.changed();
  }

  /** To the app server of its endpoint's region, which broadcasts it. */
  async sendChat(text: string): Promise<void> {
    await this.#client?.sendEvent("chat", { text }, "json");
  }

  /** To the clients of all regions, by way of the history. */
  async publish(text: string): Promise<void> {
    await this.#client?.publish(TALK_GROUP, { text });
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
    client.on("group-message", ({ message: { group, data, fromUserId: from = "somebody" } }) => {
      const { text } = (data ?? {}) as { text?: unknown };
      if (!isCurrent() || group !== TALK_GROUP || typeof text !== "string") return;
      this.#listener.received({ kind: "chat", from, text, server: "" });
    });
    client.on("server-message", ({ message }) => {
      if (!isCurrent() || !isChatMessage(message.data)) return;
      if (message.data.kind === "broadcast") this.#broadcasts += 1;
      this.#listener.received(message.data);
    });
  }
}

function isChatMessage(data: unknown): data is ChatMessage {
  return typeof data === "object" && data !== null && "kind" in data && "text" in data;
}
