import { closeReasonOf, continuity, ResilientPubSubClient } from "express-resilient-pubsub/client";
import type { ClientMove } from "../contract/environment.ts";
import type { ChatMessage } from "../contract/live.ts";
import { type DeliveryChange, DeliveryRecord } from "./delivery-record.ts";
import { Hearing } from "./hearing.ts";

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
  delivered(
    withHistory: boolean,
    change: DeliveryChange,
    broadcast: { readonly server: string; readonly number: number },
  ): void;
}

/** What the crowd does with each of its clients, whoever has made it. */
export interface CrowdClient {
  readonly id: number;
  readonly hearing: Hearing;
  start(): void;
  /** Is called often, for what a client does not say by itself. */
  look?(): void;
  sendChat(text: string): Promise<void>;
  stop(): void;
}

/** One client, in the process of all clients. */
export class SimulatedClient implements CrowdClient {
  readonly id: number;
  readonly hearing = new Hearing();
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
    client.on("state-changed", () => {
      const endpoint = client.endpoint ?? null;
      if (endpoint === null) this.hearing.connected(undefined);
      listener.setEndpoint(id, endpoint);
    });
    client.on("connected", () => this.hearing.connected(performance.now()));
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
      this.hearing.heard(server, number);
      const change = record.hear({ server, number, isReplayed });
      listener.delivered(withHistory, change, { server, number });
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
