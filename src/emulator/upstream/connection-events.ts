import type { GroupEvent, SystemEvent } from "../contract/emulator-options.ts";
import type { Metadata, Payload } from "../protocol/message.ts";
import {
  ACCEPTED_AS_IS,
  type ConnectOutcome,
  failedEvent,
  readConnectAnswer,
  readUserEventAnswer,
  refusedFor,
  type UserEventOutcome,
} from "./answers.ts";
import { Cookies } from "./cookies.ts";
import { type EventBody, jsonBody, payloadBody } from "./event-body.ts";
import type { EventSubject } from "./event-headers.ts";
import type { Delivery, EventSender, OutgoingEvent } from "./event-sender.ts";
import { NotificationQueue } from "./notification-queue.ts";
import type { UpstreamEvent } from "./select-handler.ts";
import type { Answer } from "./transport.ts";

/** What the app server is told about a client that wants to connect. */
export interface ConnectRequest {
  readonly claims: Record<string, readonly string[]>;
  readonly query: Record<string, string[]>;
  readonly headers: Record<string, string[]>;
  readonly subprotocols: readonly string[];
}

const maxWaitingNotifications = 10_000;

/** The events of one connection, with the state and the cookies that app servers keep on it. */
export class ConnectionEvents {
  #subject: EventSubject;
  readonly #sender: EventSender;
  readonly #cookies = new Cookies();
  // Most app servers want none of them.
  #notifications: NotificationQueue | undefined;
  /** Ends the user events that are under way; most connections never have one. */
  #ending: AbortController | undefined;
  #lastId = 0;

  constructor(who: Pick<EventSubject, "hub" | "connectionId" | "userId">, sender: EventSender) {
    this.#subject = { ...who, subprotocol: undefined, connectionState: undefined };
    this.#sender = sender;
  }

  /** Asks whether the client may connect; it may when nobody wants to be asked. */
  async connect(request: ConnectRequest): Promise<ConnectOutcome> {
    const body = jsonBody({ ...request, clientCertificates: [] });
    const delivery = await this.#deliver(systemEvent("connect"), 0, body);
    if (delivery.kind === "unwanted") return ACCEPTED_AS_IS;
    if (delivery.kind === "undelivered") return refusedFor(500, delivery.advice);
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
    this.#notify(systemEvent("connected"), {});
  }

  /** As `connected`, and sent only after all that was told before. */
  joined(group: string): void {
    this.#notifyOfGroup("joined", group);
  }

  /** As `joined`. */
  left(group: string): void {
    this.#notifyOfGroup("left", group);
  }

  /** As `connected`, and sent only after it: an app server that counts must not count below zero. */
  disconnected(reason: string): void {
    this.#notify(systemEvent("disconnected"), { reason });
  }

  /**
   * Resolves to what the app server made of it; an event that nobody wants has failed as well.
   *
   * @param payload - Undefined when the client said nothing.
   * @param abort - Takes the event back, in the place of the end of the connection; it has failed then.
   */
  async userEvent(
    name: string,
    payload: Payload | undefined,
    metadata?: Metadata,
    abort: AbortSignal = this.#end().signal,
  ): Promise<UserEventOutcome> {
    const event = { kind: "user", name } as const;
    const body = payloadBody(payload);
    const delivery = await this.#deliver(event, ++this.#lastId, body, { metadata, abort });
    if (delivery.kind === "unwanted") return failedEvent("Nobody handles the event.");
    if (delivery.kind === "undelivered") return failedEvent(delivery.message);
    const outcome = readUserEventAnswer(delivery.answer);
    if (outcome.kind === "handled") this.#keepState(delivery.answer);
    return outcome;
  }

  /** Nobody is there any more to whom the answers of user events could be given. */
  abort(): void {
    this.#end().abort();
  }

  #end(): AbortController {
    this.#ending ??= new AbortController();
    return this.#ending;
  }

  /** Clients join and leave as fast as they like: what app servers cannot keep up with is lost. */
  #notifyOfGroup(name: GroupEvent, group: string): void {
    const event = { kind: "group", name } as const;
    const waiting = this.#notifications?.size ?? 0;
    if (waiting < maxWaitingNotifications) this.#notify(event, { group });
  }

  #notify(event: UpstreamEvent, content: object): void {
    if (!this.#sender.wants(this.#subject.hub, event)) return;
    const id = ++this.#lastId;
    this.#notifications ??= new NotificationQueue();
    this.#notifications.add(() => this.#deliver(event, id, jsonBody(content)));
  }

  #deliver(
    event: UpstreamEvent,
    id: number,
    body: EventBody,
    more: Pick<OutgoingEvent, "metadata" | "abort"> = {},
  ): Promise<Delivery> {
    const [subject, cookies] = [this.#subject, this.#cookies];
    return this.#sender.send({ event, subject, id, body, cookies, ...more });
  }

  /** Of successes only; of several values the last, and an empty one clears it. */
  #keepState({ headersDistinct }: Answer): void {
    const connectionState = headersDistinct["ce-connectionstate"]?.at(-1);
    if (connectionState === undefined) return;
    this.#subject = { ...this.#subject, connectionState };
  }
}

const systemEvent = (name: SystemEvent): UpstreamEvent => ({ kind: "system", name });
