import type { ServiceContext } from "../context/service-context.ts";
import type { EventHandlerSettings } from "../options/hub-schema.ts";
import { failureOf, isSuccess } from "./answers.ts";
import { CallError, callErrorFrom } from "./call-error.ts";
import { ConnectionEvents } from "./connection-events.ts";
import { eventHeaders, metadataHeaders, signConnection } from "./event-headers.ts";
import type { Delivery, EventSender, OutgoingEvent } from "./event-sender.ts";
import { ManagedIdentity } from "./managed-identity.ts";
import { callUntilAvailable } from "./retries.ts";
import { eventUrl, selectHandler, type UpstreamEvent } from "./select-handler.ts";
import { type Answer, Transport } from "./transport.ts";
import { withoutSecrets } from "./url-without-secrets.ts";
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
  #down = new AbortController();
  /** Of the connections since the last crash; one for all of them. */
  #sender = this.#createSender(this.#down.signal);

  constructor(context: UpstreamContext) {
    this.#context = context;
    const { upstreamSettings, observe } = context;
    this.#validation = new Validation(this.#transport, upstreamSettings, observe);
  }

  /** The events of one connection. */
  open(hub: string, connectionId: string, userId: string | null): ConnectionEvents {
    return new ConnectionEvents({ hub, connectionId, userId }, this.#sender);
  }

  /** The service has crashed: nothing more is sent for its connections and no answer counts. */
  abort(): void {
    this.#down.abort();
    this.#down = new AbortController();
    this.#sender = this.#createSender(this.#down.signal);
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

  /** @param down Aborted when the service crashes or closes. */
  #createSender(down: AbortSignal): EventSender {
    return {
      wants: (hub, event) => this.#handlerOf(hub, event) !== undefined,
      send: (event) => this.#deliver(event, down),
    };
  }

  #handlerOf(hub: string, event: UpstreamEvent): EventHandlerSettings | undefined {
    return selectHandler(this.#context.settingsOf(hub).eventHandlers, event);
  }

  async #deliver(outgoing: OutgoingEvent, down: AbortSignal): Promise<Delivery> {
    const handler = this.#handlerOf(outgoing.subject.hub, outgoing.event);
    if (!handler) return { kind: "unwanted" };
    try {
      const answer = await this.#call(handler, outgoing, down);
      return { kind: "answered", answer };
    } catch (error) {
      const { message, advice } = callErrorFrom(error);
      return { kind: "undelivered", message, advice };
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

  async #call(
    handler: EventHandlerSettings,
    outgoing: OutgoingEvent,
    down: AbortSignal,
  ): Promise<Answer> {
    const { event, subject, id, metadata = {}, abort } = outgoing;
    const url = eventUrl(handler.urlTemplate, subject.hub, event.name);
    const signature = signConnection(subject.connectionId, this.#context.keys.all());
    const stamp = { origin: this.#context.address.origin, signature, id, time: new Date() };
    const headers = { ...eventHeaders(event, subject, stamp), ...metadataHeaders(metadata) };
    const attempt = async (): Promise<Answer> => {
      const authorization = await this.#authorizationFor(handler);
      const mayCall = await this.#mayCall(handler, outgoing, authorization);
      if (!mayCall) throw new CallError("notAllowed");
      if (down.aborted) throw new CallError("interrupted");
      return this.#post(url, outgoing, {
        ...headers,
        ...(authorization !== undefined && { Authorization: authorization }),
      });
    };
    return callUntilAvailable(
      () => this.#observed(outgoing, url, attempt),
      this.#context.upstreamSettings.retryDelaysInMs,
      () => AbortSignal.any(abort ? [down, abort] : [down]),
    );
  }

  async #post(
    url: string,
    { body, cookies, abort }: OutgoingEvent,
    headers: Record<string, string>,
  ): Promise<Answer> {
    const cookie = cookies.headerFor(url, Date.now());
    const answer = await this.#transport.call({
      method: "POST",
      url,
      headers: {
        ...headers,
        ...(cookie !== undefined && { Cookie: cookie }),
        "Content-Type": body.contentType,
      },
      body: body.bytes,
      timeoutInMs: this.#context.upstreamSettings.eventTimeoutInMs,
      abort,
    });
    if (isSuccess(answer.status)) {
      cookies.keep(url, answer.headers["set-cookie"] ?? [], Date.now());
    }
    return answer;
  }

  async #observed(
    { event, subject: { hub, connectionId } }: OutgoingEvent,
    url: string,
    call: () => Promise<Answer>,
  ): Promise<Answer> {
    const startedAt = performance.now();
    const tell = (status: number | undefined, failure: string | undefined): void =>
      this.#context.observe({
        kind: "event",
        hub,
        connectionId,
        event: event.name,
        url: withoutSecrets(url),
        status,
        failure,
        durationInMs: performance.now() - startedAt,
      });
    try {
      const answer = await call();
      tell(answer.status, failureOf(event, answer));
      return answer;
    } catch (error) {
      tell(undefined, callErrorFrom(error).advice);
      throw error;
    }
  }
}
