import type { ServiceContext } from "../context/service-context.ts";
import type { EventHandlerSettings } from "../options/hub-schema.ts";
import { isSuccess } from "./answers.ts";
import { CallError, callErrorFrom } from "./call-error.ts";
import { ConnectionEvents } from "./connection-events.ts";
import { eventHeaders, metadataHeaders, signConnection } from "./event-headers.ts";
import type { Delivery, EventSender, OutgoingEvent } from "./event-sender.ts";
import { ManagedIdentity } from "./managed-identity.ts";
import { callUntilAvailable } from "./retries.ts";
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
  #down = new AbortController();
  /** Of the connections since the last crash; one for all of them. */
  #sender = this.#createSender(this.#down.signal);

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
      const authorization = await this.#authorizationFor(handler);
      if (!(await this.#mayCall(handler, outgoing, authorization))) {
        return { kind: "undelivered", message: "The app server does not allow our events." };
      }
      if (down.aborted) throw new CallError("interrupted");
      return { kind: "answered", answer: await this.#post(handler, outgoing, authorization, down) };
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
    outgoing: OutgoingEvent,
    authorization: string | undefined,
    down: AbortSignal,
  ): Promise<Answer> {
    const { event, subject, id, body, metadata = {}, cookies, abort } = outgoing;
    const url = eventUrl(urlTemplate, subject.hub, event.name);
    const signature = signConnection(subject.connectionId, this.#context.keys.all());
    const stamp = { origin: this.#context.address.origin, signature, id, time: new Date() };
    const headers = {
      ...eventHeaders(event, subject, stamp),
      ...metadataHeaders(metadata),
      ...(authorization !== undefined && { Authorization: authorization }),
      "Content-Type": body.contentType,
    };
    const { eventTimeoutInMs: timeoutInMs, retryDelaysInMs } = this.#context.upstreamSettings;
    const call = async (): Promise<Answer> => {
      const cookie = cookies.headerFor(url, Date.now());
      const answer = await this.#observed(outgoing, url, () =>
        this.#transport.call({
          method: "POST",
          url,
          headers: { ...headers, ...(cookie !== undefined && { Cookie: cookie }) },
          body: body.bytes,
          timeoutInMs,
          abort,
        }),
      );
      if (isSuccess(answer.status)) {
        cookies.keep(url, answer.headers["set-cookie"] ?? [], Date.now());
      }
      return answer;
    };
    return callUntilAvailable(call, retryDelaysInMs, () =>
      AbortSignal.any(abort ? [down, abort] : [down]),
    );
  }

  async #observed(
    { event, subject: { hub, connectionId } }: OutgoingEvent,
    url: string,
    call: () => Promise<Answer>,
  ): Promise<Answer> {
    const startedAt = performance.now();
    let status: number | undefined;
    try {
      const answer = await call();
      status = answer.status;
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
