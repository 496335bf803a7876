import type { HubSettings } from "../options.ts";
import { ConnectionEvents } from "./connection-events.ts";
import type { Delivery, EventBody } from "./delivery.ts";
import { type EventSubject, eventHeaders, signConnection } from "./event-headers.ts";
import { eventUrl, selectHandler, type UpstreamEvent } from "./select-handler.ts";
import { Transport } from "./transport.ts";
import { Validation } from "./validation.ts";

export interface UpstreamParts {
  readonly accessKeys: readonly string[];
  /** The service's host with its port, as app servers are told. */
  origin(): string;
  settingsOf(hub: string): HubSettings;
}

const handlerTimeoutInMs = 100_000;

/** The way of events to the app servers: which handler, may it, and the call itself. */
export class Upstream {
  readonly #parts: UpstreamParts;
  readonly #transport = new Transport();
  #validation = new Validation(this.#transport);
  #life = 0;

  constructor(parts: UpstreamParts) {
    this.#parts = parts;
  }

  /** Starts the line of events of one connection. */
  open(hub: string, connectionId: string, userId: string | null): ConnectionEvents {
    const signature = signConnection(connectionId, this.#parts.accessKeys);
    const life = this.#life;
    return new ConnectionEvents({ hub, connectionId, userId }, async (event, subject, id, body) =>
      life === this.#life
        ? this.#deliver(event, subject, { id, signature }, body)
        : { kind: "undelivered" },
    );
  }

  /** The service has died: nothing more is sent for its connections and no answer counts. */
  abort(): void {
    this.#life += 1;
    this.#transport.abort();
    // A check that was cut off says nothing about the app server.
    this.#validation = new Validation(this.#transport);
  }

  forgetValidations(): void {
    this.#validation.forget();
  }

  close(): void {
    this.abort();
    this.#transport.close();
  }

  async #deliver(
    event: UpstreamEvent,
    subject: EventSubject,
    { id, signature }: { id: number; signature: string },
    body: EventBody,
  ): Promise<Delivery> {
    const { hub } = subject;
    const handler = selectHandler(this.#parts.settingsOf(hub).eventHandlers, event);
    if (!handler) return { kind: "unwanted" };
    const origin = this.#parts.origin();
    const validationUrl = eventUrl(handler.urlTemplate, hub, "validate");
    if (!(await this.#validation.allows(validationUrl, origin))) return { kind: "undelivered" };
    const headers = eventHeaders(event, subject, { origin, signature, id, time: new Date() });
    try {
      const answer = await this.#transport.call({
        method: "POST",
        url: eventUrl(handler.urlTemplate, hub, event.name),
        headers: { ...headers, "Content-Type": body.contentType },
        body: body.bytes,
        timeoutInMs: handlerTimeoutInMs,
      });
      return { kind: "answered", answer };
    } catch {
      return { kind: "undelivered" };
    }
  }
}
