import { ResilientPubSubClient } from "express-resilient-pubsub/client";
import type { ClientMove } from "../contract/environment.ts";

export interface SimulatedClientListener {
  /** null: it has no connection. */
  setEndpoint(id: number, endpoint: string | null): void;
  /** An app server has closed its connection. */
  closedByServer(id: number): void;
  moved(move: ClientMove): void;
  received(id: number, endpoint: string, text: string): void;
}

/** One client, in the process of all clients. */
export class SimulatedClient {
  readonly id: number;
  readonly #client: ResilientPubSubClient;

  constructor(
    id: number,
    negotiateUrl: string,
    homeRegion: string,
    listener: SimulatedClientListener,
  ) {
    this.id = id;
    const query = new URLSearchParams({ home: homeRegion, user: `client-${id}` });
    const client = new ResilientPubSubClient(`${negotiateUrl}?${query}`);
    this.#client = client;
    client.on("state-changed", () => listener.setEndpoint(id, client.endpoint ?? null));
    client.on("disconnected", ({ message }) => {
      if (message) listener.closedByServer(id);
    });
    client.on("moved", ({ from, to, downtimeInMs }) => {
      // By a newer agreement it may be the same endpoint again, which is nothing to be seen.
      if (from !== to) listener.moved({ id, from, to, downtimeInMs, at: Date.now() });
    });
    client.on("server-message", ({ message }) => {
      const { endpoint } = client;
      const { text } = (message.data ?? {}) as { text?: unknown };
      if (endpoint) listener.received(id, endpoint, typeof text === "string" ? text : "");
    });
  }

  start(): void {
    // It tries for ever; only `stop` makes this fail.
    this.#client.start().catch(() => {});
  }

  async sendChat(text: string): Promise<void> {
    await this.#client.sendEvent("chat", { text }, "json");
  }

  stop(): void {
    this.#client.stop();
  }
}
