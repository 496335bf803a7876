import type { SystemEvent } from "../options.ts";
import type { Payload } from "../protocol/message.ts";
import {
  acceptedAsIs,
  type ConnectOutcome,
  failedEvent,
  isSuccess,
  readConnectAnswer,
  readUserEventAnswer,
  refusedByFailure,
  type UserEventOutcome,
} from "./answers.ts";
import type { Deliver, EventBody } from "./delivery.ts";
import type { EventSubject } from "./event-headers.ts";
import type { UpstreamEvent } from "./select-handler.ts";
import type { Answer } from "./transport.ts";

/** What the app server is told about a client that wants to connect. */
export interface ConnectRequest {
  readonly claims: Record<string, string[]>;
  readonly query: Record<string, string[]>;
  readonly headers: Record<string, string[]>;
  readonly subprotocols: readonly string[];
}

/** The events of one connection, with the state that the app server keeps on it. */
export class ConnectionEvents {
  #subject: EventSubject;
  readonly #deliver: Deliver;
  #lastId = 0;
  #notified: Promise<unknown> = Promise.resolve();

  constructor(who: Pick<EventSubject, "hub" | "connectionId" | "userId">, deliver: Deliver) {
    this.#subject = { ...who, subprotocol: undefined, connectionState: undefined };
    this.#deliver = deliver;
  }

  /** Asks whether the client may connect; it may when nobody wants to be asked. */
  async connect(request: ConnectRequest): Promise<ConnectOutcome> {
    const body = jsonBody({ ...request, clientCertificates: [] });
    const delivery = await this.#deliver(systemEvent("connect"), this.#subject, 0, body);
    if (delivery.kind === "unwanted") return acceptedAsIs;
    if (delivery.kind === "undelivered") return refusedByFailure;
    const outcome = readConnectAnswer(delivery.answer);
    if (outcome.kind === "accepted") this.#keepState(delivery.answer);
    return outcome;
  }

  /** Settles what `connect` may have changed, before any other event is sent. */
  settle(userId: string | null, subprotocol: string | undefined): void {
    this.#subject = { ...this.#subject, userId, subprotocol };
  }

  /** Nobody waits for it, and its failure changes nothing. */
  connected(): void {
    this.#notify("connected", {});
  }

  /** As `connected`, and sent only after it: an app server that counts must not count below zero. */
  disconnected(reason: string): void {
    this.#notify("disconnected", { reason });
  }

  /** An event that nobody wants has failed as well. */
  async userEvent(name: string, payload: Payload): Promise<UserEventOutcome> {
    const delivery = await this.#deliver(
      { kind: "user", name },
      this.#subject,
      ++this.#lastId,
      bodyOf(payload),
    );
    if (delivery.kind !== "answered") return failedEvent;
    const outcome = readUserEventAnswer(delivery.answer);
    if (outcome.kind === "handled") this.#keepState(delivery.answer);
    return outcome;
  }

  #notify(name: SystemEvent, content: object): void {
    const id = ++this.#lastId;
    this.#notified = this.#notified.then(() =>
      this.#deliver(systemEvent(name), this.#subject, id, jsonBody(content)),
    );
  }

  #keepState({ status, headers }: Answer): void {
    const connectionState = headers["ce-connectionstate"];
    if (!isSuccess(status) || typeof connectionState !== "string") return;
    this.#subject = { ...this.#subject, connectionState };
  }
}

const systemEvent = (name: SystemEvent): UpstreamEvent => ({ kind: "system", name });

const jsonBody = (content: object): EventBody => ({
  contentType: "application/json; charset=utf-8",
  bytes: Buffer.from(JSON.stringify(content)),
});

function bodyOf(payload: Payload): EventBody {
  switch (payload.dataType) {
    case "text":
      return { contentType: "text/plain", bytes: Buffer.from(payload.text) };
    case "json":
      return { contentType: "application/json", bytes: Buffer.from(payload.json) };
    case "binary":
      return { contentType: "application/octet-stream", bytes: payload.bytes };
  }
}
