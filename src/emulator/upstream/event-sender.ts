import type { Metadata } from "../protocol/message.ts";
import type { Cookies } from "./cookies.ts";
import type { EventBody } from "./event-body.ts";
import type { EventSubject } from "./event-headers.ts";
import type { UpstreamEvent } from "./select-handler.ts";
import type { Answer } from "./transport.ts";

/** One event, ready to be sent to whoever wants it. */
export interface OutgoingEvent {
  readonly event: UpstreamEvent;
  readonly subject: EventSubject;
  readonly id: number;
  readonly body: EventBody;
  readonly metadata?: Metadata | undefined;
  readonly cookies: Cookies;
  /** Takes the event back. */
  readonly abort?: AbortSignal | undefined;
}

/** What became of an event: nobody wanted it, it did not arrive, or this is the answer. */
export type Delivery =
  | { readonly kind: "unwanted" }
  /** The message is for the client; the advice is the same with what to do about it. */
  | { readonly kind: "undelivered"; readonly message: string; readonly advice: string }
  | { readonly kind: "answered"; readonly answer: Answer };

/** The way of the events of connections to the app servers. */
export interface EventSender {
  /** Whether there is a handler for the event at this moment. */
  wants(hub: string, event: UpstreamEvent): boolean;
  /** Never rejects. */
  send(event: OutgoingEvent): Promise<Delivery>;
}
