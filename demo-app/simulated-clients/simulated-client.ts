import { closeReasonOf, continuity, ResilientPubSubClient } from "express-resilient-pubsub/client";
import type { ClientMove } from "../contract/environment.ts";
import type { ChatMessage } from "../contract/live.ts";
import { type DeliveryChange, DeliveryRecord } from "./delivery-record.ts";

export interface SimulatedClientSettings {
  readonly id: number;
  readonly negotiateUrl: string;
  readonly homeRegion: string;
  /** It catches up with what was sent while it moved. */
  readonly withHistory: boolean;
}

export interface SimulatedClientListener {
  /** null: it has no connection. */
  setEndpoint(id: number, endpoint: string | null): void;
  /** An app server has closed its connection, and said why. */
  closedByServer(id: number): void;
  moved(move: ClientMove): void;
  received(id: number, endpoint: string, text: string): void;
  delivered(withHistory: boolean, change: DeliveryChange): void;
}

/** One client, in the process of all clients. */
export class SimulatedClient {
  readonly id: number;
  readonly #client: ResilientPubSubClient;

  constructor(
    { id, negotiateUrl, homeRegion, withHistory }: SimulatedClientSettings,
    listener: SimulatedClientListener,
  ) {
    this.id = id;
    const query = new URLSearchParams({ home: homeRegion, user: `client-${id}` });
    const client = new ResilientPubSubClient(
      `${negotiateUrl}?${query}`,
      withHistory ? { continuity: continuity() } : {},
    );
    const record = new DeliveryRecord();
    this.#client = client;
    client.on("state-changed", () => listener.setEndpoint(id, client.endpoint ?? null));
    client.on("disconnected", (event) => {
      if (closeReasonOf(event)) listener.closedByServer(id);
    });
    client.on("moved", ({ from, to, downtimeInMs }) => {
      // By a newer agreement it may be the same endpoint again, which is nothing to be seen.
      if (from !== to) listener.moved({ id, from, to, downtimeInMs, at: Date.now() });
    });
    client.on("continuity", ({ recovered }) => {
      if (!recovered) record.tell();
    });
    client.on("server-message", ({ message, replayed: isReplayed = false }) => {
      const { endpoint } = client;
      const { text = "", server = "", number } = (message.data ?? {}) as Partial<ChatMessage>;
      if (endpoint) listener.received(id, endpoint, text);
      if (number === undefined) return;
      listener.delivered(withHistory, record.hear({ server, number, isReplayed }));
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
