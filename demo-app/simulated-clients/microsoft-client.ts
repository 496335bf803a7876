import { WebPubSubClient } from "@azure/web-pubsub-client";
import type { ChatMessage } from "../contract/live.ts";
import { DeliveryRecord } from "./delivery-record.ts";
import { Hearing } from "./hearing.ts";
import type {
  CrowdClient,
  SimulatedClientListener,
  SimulatedClientSettings,
} from "./simulated-client.ts";

const RETRY_AFTER_IN_MS = 1000;

/**
 * A client of Microsoft's package with its own defaults, which asks our negotiate. It knows nothing
 * of the history.
 */
export class MicrosoftClient implements CrowdClient {
  readonly id: number;
  readonly hearing = new Hearing();
  readonly #negotiateUrl: string;
  readonly #client: WebPubSubClient;
  readonly #listener: SimulatedClientListener;
  readonly #stopping = new AbortController();
  /** Where negotiate has sent it last. */
  #answer: string | null = null;
  #endpoint: string | null = null;
  #last: { readonly endpoint: string; readonly leftAt: number } | undefined;

  constructor(
    { id, negotiateUrl, homeRegion }: SimulatedClientSettings,
    listener: SimulatedClientListener,
  ) {
    this.id = id;
    this.#listener = listener;
    this.#negotiateUrl = `${negotiateUrl}?${new URLSearchParams({ home: homeRegion, user: `microsoft-${id}` })}`;
    this.#client = new WebPubSubClient({ getClientAccessUrl: () => this.#negotiate() });
    const record = new DeliveryRecord();
    this.#client.on("connected", () => this.#setEndpoint(this.#answer));
    this.#client.on("disconnected", () => this.#setEndpoint(null));
    this.#client.on("server-message", ({ message }) => {
      const { text = "", server = "", number } = (message.data ?? {}) as Partial<ChatMessage>;
      if (this.#endpoint !== null) listener.received(id, this.#endpoint, text);
      if (number === undefined) return;
      this.hearing.heard(server, number);
      listener.delivered(false, record.hear({ server, number, isReplayed: false }), {
        server,
        number,
      });
    });
  }

  start(): void {
    this.#client.start().catch(() => {
      // It gives up when the first attempt fails.
      if (!this.#stopping.signal.aborted) setTimeout(() => this.start(), RETRY_AFTER_IN_MS).unref();
    });
  }

  /**
   * Looks whether its socket is open. It says `disconnected` only when it has given up to recover the
   * connection, half a minute after it has lost it; its private state is all that tells before.
   */
  look(): void {
    const { _state } = this.#client as unknown as { _state?: string };
    if (_state === "Recovering" || _state === "Disconnected") this.#setEndpoint(null);
    else if (_state === "Connected") this.#setEndpoint(this.#answer);
  }

  async sendChat(text: string): Promise<void> {
    await this.#client.sendEvent("chat", { text }, "json");
  }

  stop(): void {
    this.#stopping.abort();
    this.#client.stop();
  }

  async #negotiate(): Promise<string> {
    // stop() is not heard by a client that is reconnecting.
    if (this.#stopping.signal.aborted) return new Promise(() => {});
    const response = await fetch(this.#negotiateUrl);
    if (!response.ok) throw new Error(`negotiate was answered ${response.status}`);
    const { endpoint, url } = (await response.json()) as { endpoint: string; url: string };
    this.#answer = endpoint;
    return url;
  }

  #setEndpoint(endpoint: string | null): void {
    if (endpoint === this.#endpoint) return;
    const now = performance.now();
    if (endpoint === null && this.#endpoint !== null)
      this.#last = { endpoint: this.#endpoint, leftAt: now };
    this.#endpoint = endpoint;
    this.hearing.connected(endpoint === null ? undefined : now);
    this.#listener.setEndpoint(this.id, endpoint);
    if (endpoint === null || !this.#last || this.#last.endpoint === endpoint) return;
    const { endpoint: from, leftAt } = this.#last;
    const downtimeInMs = now - leftAt;
    this.#last = undefined;
    this.#listener.moved({ id: this.id, from, to: endpoint, downtimeInMs, at: Date.now() });
  }
}
