import { ResilientPubSubClient } from "express-resilient-pubsub/client";
import type { ToldMove } from "./process-messages.ts";

export interface CrowdClientListener {
  /** null: it has no connection. */
  place(id: number, endpoint: string | null): void;
  /** An app server has closed its connection. */
  dismissed(id: number): void;
  moved(move: ToldMove): void;
  heard(id: number, endpoint: string, text: string): void;
}

/** One client of the crowd. */
export class CrowdClient {
  readonly id: number;
  readonly #client: ResilientPubSubClient;

  constructor(id: number, negotiateUrl: string, home: string, listener: CrowdClientListener) {
    this.id = id;
    const query = new URLSearchParams({ home, user: `client-${id}` });
    const client = new ResilientPubSubClient(`${negotiateUrl}?${query}`);
    this.#client = client;
    client.on("state-changed", () => listener.place(id, client.endpoint ?? null));
    client.on("disconnected", ({ message }) => {
      if (message) listener.dismissed(id);
    });
    client.on("moved", ({ from, to, downtimeInMs }) => {
      // By a newer agreement it may be the same endpoint again, which is nothing to be seen.
      if (from !== to) listener.moved({ id, from, to, downtimeInMs, at: Date.now() });
    });
    client.on("server-message", ({ message }) => {
      const { endpoint } = client;
      const { text } = (message.data ?? {}) as { text?: unknown };
      if (endpoint) listener.heard(id, endpoint, typeof text === "string" ? text : "");
    });
  }

  start(): void {
    // It tries for ever; only `stop` makes this fail.
    this.#client.start().catch(() => {});
  }

  async say(text: string): Promise<void> {
    await this.#client.sendEvent("chat", { text }, "json");
  }

  stop(): void {
    this.#client.stop();
  }
}
