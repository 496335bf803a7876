import type { EventSubject } from "./event-headers.ts";
import type { UpstreamEvent } from "./select-handler.ts";
import type { Answer } from "./transport.ts";

export interface EventBody {
  readonly contentType: string;
  readonly bytes: Buffer;
}

/** What became of an event: nobody wanted it, it did not arrive, or this is the answer. */
export type Delivery =
  | { readonly kind: "unwanted" }
  | { readonly kind: "undelivered" }
  | { readonly kind: "answered"; readonly answer: Answer };

/** Sends one event to whoever wants it. Never rejects. */
export type Deliver = (
  event: UpstreamEvent,
  subject: EventSubject,
  id: number,
  body: EventBody,
) => Promise<Delivery>;
