import type { ServiceContext } from "../context/service-context.ts";
import type { EventHandlerSettings } from "../options/hub-schema.ts";
import { isSuccess } from "./answers.ts";
import { CallError, callErrorFrom } from "./call-error.ts";
import { ConnectionEvents } from "./connection-events.ts";
import { eventHeaders, metadataHeaders, signConnection } from "./event-headers.ts";
import type { Delivery, EventSender, OutgoingEvent } from "./event-sender.ts";
import { ManagedIdentity } from "./managed-identity.ts";
import { eventUrl, selectHandler, type UpstreamEvent } from "./select-handler.ts";
import { type Answer, Transport } from "./transport.ts";
import { Validation } from "./validation.ts";

export type UpstreamContext = Pick<
  ServiceContext,
  "address" | "keys" | "upstreamSettings" | "observe" | "settingsOf"
>;

/** Sends events to the app servers: which handler, does it agree, and the call itself. */
export class Upstream {
  readonly #context: UpstreamContext;
  readonly #transport = new Transport();
  readonly #validation: Validation;
  readonly #identity = new ManagedIdentity();
  /** Of the connections since the last crash; one for all of them. */
  #sender = this.#createSender();

  constructor(context: UpstreamContext) {
    this.#context = context;
    this.#validation = new Validation(this.#transport, context.upstreamSettings);
  }

  /** The events of one connection. */
  open(hub: string, connectionId: string, userId: string | null): ConnectionEvents {
    return new ConnectionEvents({ hub, connectionId, userId }, this.#sender);
  }

  /** The service has crashed: nothing more is sent for its connections and no answer counts. */
  abort(): void {
    this.#sender = this.#createSender();
    // A check that is cut off says nothing about the app server.
    this.#validation.clear();
    this.#transport.abort();
  }

  clearValidations(): void {
    this.#validation.clear();
  }

  close(): void {
    this.abort();
    this.#transport.close();
  }

  #createSender(): EventSender {
    const sender: EventSender = {
      wants: (hub, event) => this.#handlerOf(hub, event) !== undefined,
      send: (event) => this.#deliver(event, sender),
    };
    return sender;
  }

  #handlerOf(hub: string, event: UpstreamEvent): EventHandlerSettings | undefined {
    return selectHandler(this.#context.settingsOf(hub).eventHandlers, event);
  }

  async #deliver(outgoing: OutgoingEvent, sender: EventSender): Promise<Delivery> {
    const handler = this.#handlerOf(outgoing.subject.hub, outgoing.event);
    if (!handler) return { kind: "unwanted" };
    try {
      const authorization = await this.#authorizationFor(handler);
      if (!(await this.#mayCall(handler, outgoing, authorization))) {
        return { kind: "undelivered", message: "The app server does not allow our events." };
      }
      if (sender !== this.#sender) throw new CallError("interrupted");
      return { kind: "answered", answer: await this.#post(handler, outgoing, authorization) };
    } catch (error) {
      return { kind: "undelivered", message: callErrorFrom(error).message };
    }
  }

  async #authorizationFor({ auth }: EventHandlerSettings): Promise<string | undefined> {
    return auth.type === "none" ? undefined : this.#identity.authorizationFor(auth.resource);
  }

  /** With the token: a proxy before the app server may let nothing through without it. */
  #mayCall(
    { urlTemplate }: EventHandlerSettings,
    { subject }: OutgoingEvent,
    authorization: string | undefined,
  ): Promise<boolean> {
    const url = eventUrl(urlTemplate, subject.hub, "validate");
    return this.#validation.allows({ url, origin: this.#context.address.origin, authorization });
  }

  async #post(
    { urlTemplate }: EventHandlerSettings,
    { event, subject, id, body, metadata = {}, cookies, abort }: OutgoingEvent,
    authorization: string | undefined,
  ): Promise<Answer> {
    const { upstreamSettings } = this.#context;
    const { hub, connectionId } = subject;
    const url = eventUrl(urlTemplate, hub, event.name);
    const signature = signConnection(connectionId, this.#context.keys.all());
    const stamp = { origin: this.#context.address.origin, signature, id, time: new Date() };
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
        timeoutInMs: upstreamSettings.eventTimeoutInMs,
        abort,
      });
      status = answer.status;
      if (isSuccess(status)) cookies.keep(url, answer.headers["set-cookie"] ?? [], Date.now());
      return answer;
    } finally {
      this.#context.observe({
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
