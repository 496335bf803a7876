import type { UpstreamSettings } from "../options/emulator-schema.ts";
import type { EventHandlerSettings, HubSettings } from "../options/hub-schema.ts";
import type { Observe } from "../reporting/activity-observer.ts";
import { isSuccess } from "./answers.ts";
import { CallError, callErrorFrom } from "./call-error.ts";
import { ConnectionEvents } from "./connection-events.ts";
import type { Courier, Delivery, OutgoingEvent } from "./delivery.ts";
import { eventHeaders, metadataHeaders, signConnection } from "./event-headers.ts";
import { ManagedIdentity } from "./managed-identity.ts";
import { eventUrl, selectHandler, type UpstreamEvent } from "./select-handler.ts";
import { type Answer, Transport } from "./transport.ts";
import { Validation } from "./validation.ts";

export interface UpstreamParts {
  readonly settings: UpstreamSettings;
  readonly observe: Observe;
  /** The keys that sign events at this moment, the primary one first. */
  accessKeys(): readonly string[];
  /** The service's host with its port, as app servers are told. */
  origin(): string;
  settingsOf(hub: string): HubSettings;
}

/** The way of events to the app servers: which handler, may it, and the call itself. */
export class Upstream {
  readonly #parts: UpstreamParts;
  readonly #transport = new Transport();
  readonly #validation: Validation;
  readonly #identity = new ManagedIdentity();
  /** Of this life of the service; one for all connections. */
  #courier = this.#createCourier();

  constructor(parts: UpstreamParts) {
    this.#parts = parts;
    this.#validation = new Validation(this.#transport, parts.settings);
  }

  /** Starts the line of events of one connection. */
  open(hub: string, connectionId: string, userId: string | null): ConnectionEvents {
    return new ConnectionEvents({ hub, connectionId, userId }, this.#courier);
  }

  /** The service has died: nothing more is sent for its connections and no answer counts. */
  abort(): void {
    this.#courier = this.#createCourier();
    // A check that is cut off says nothing about the app server.
    this.#validation.forget();
    this.#transport.abort();
  }

  forgetValidations(): void {
    this.#validation.forget();
  }

  close(): void {
    this.abort();
    this.#transport.close();
  }

  #createCourier(): Courier {
    const courier: Courier = {
      wants: (hub, event) => this.#handlerOf(hub, event) !== undefined,
      deliver: (event) => this.#deliver(event, courier),
    };
    return courier;
  }

  #handlerOf(hub: string, event: UpstreamEvent): EventHandlerSettings | undefined {
    return selectHandler(this.#parts.settingsOf(hub).eventHandlers, event);
  }

  async #deliver(outgoing: OutgoingEvent, courier: Courier): Promise<Delivery> {
    const handler = this.#handlerOf(outgoing.subject.hub, outgoing.event);
    if (!handler) return { kind: "unwanted" };
    try {
      const authorization = await this.#authorizationFor(handler);
      if (!(await this.#mayCall(handler, outgoing, authorization))) {
        return { kind: "undelivered", message: "The app server does not allow our events." };
      }
      if (courier !== this.#courier) throw new CallError("interrupted");
      return { kind: "answered", answer: await this.#post(handler, outgoing, authorization) };
    } catch (error) {
      return { kind: "undelivered", message: callErrorFrom(error).message };
    }
  }

  async #authorizationFor({ auth }: EventHandlerSettings): Promise<string | undefined> {
    return auth.type === "none" ? undefined : this.#identity.authorizationFor(auth.resource);
  }

  /** The token goes along: an app server behind a gatekeeper that asks for it is reached by none else. */
  #mayCall(
    { urlTemplate }: EventHandlerSettings,
    { subject }: OutgoingEvent,
    authorization: string | undefined,
  ): Promise<boolean> {
    const url = eventUrl(urlTemplate, subject.hub, "validate");
    return this.#validation.allows({ url, origin: this.#parts.origin(), authorization });
  }

  async #post(
    { urlTemplate }: EventHandlerSettings,
    { event, subject, id, body, metadata = {}, cookies, abort }: OutgoingEvent,
    authorization: string | undefined,
  ): Promise<Answer> {
    const { settings } = this.#parts;
    const { hub, connectionId } = subject;
    const url = eventUrl(urlTemplate, hub, event.name);
    const signature = signConnection(connectionId, this.#parts.accessKeys());
    const stamp = { origin: this.#parts.origin(), signature, id, time: new Date() };
    const cookie = cookies.headerFor(url, Date.now());
    const startedAt = performance.now();
    let status: number | undefined;
    try {
      const answer = await this.#transport.call({
        method: "POST",
        url,
        headers: {
          ...eventHeaders(event, subject, stamp),
          ...metadataHeaders(metadata),
          ...(authorization !== undefined && { Authorization: authorization }),
          ...(cookie !== undefined && { Cookie: cookie }),
          "Content-Type": body.contentType,
        },
        body: body.bytes,
        timeoutInMs: settings.eventTimeoutInMs,
        abort,
      });
      status = answer.status;
      if (isSuccess(status)) cookies.keep(url, answer.headers["set-cookie"] ?? [], Date.now());
      return answer;
    } finally {
      this.#parts.observe({
        kind: "event",
        hub,
        connectionId,
        event: event.name,
        url: withoutSecrets(url),
        status,
        durationInMs: performance.now() - startedAt,
      });
    }
  }
}

/** The query may hold a code, and a user with a password may stand before the host. */
function withoutSecrets(url: string): string {
  const { origin, pathname } = new URL(url);
  return origin + pathname;
}
