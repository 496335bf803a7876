import { MalformedFrameError } from "./client-request.ts";
import type { Frame } from "./message.ts";
import { clientMessageType } from "./protobuf-schema.ts";

export type DataFields =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "json"; readonly json: string }
  | { readonly kind: "binary"; readonly binary: Buffer }
  | { readonly kind: "protobuf"; readonly protobuf: Buffer }
  | { readonly kind?: undefined };

type Entries = Readonly<Record<string, string>>;

export interface ContentFields {
  readonly data?: DataFields;
  readonly metadata?: Entries;
}

export interface GroupFields {
  readonly group?: string;
  readonly ackId?: number;
}

export interface StreamStartFields {
  readonly streamId?: string;
  readonly idleTimeoutMs?: number;
}

export interface SendToGroupFields extends GroupFields, ContentFields {
  readonly noEcho?: boolean;
  readonly ttlSeconds?: number;
  readonly stream?: StreamStartFields;
}

export interface EventFields extends ContentFields {
  readonly event?: string;
  readonly ackId?: number;
}

export interface InvokeFields {
  readonly invocationId?: string;
  readonly event?: string;
  readonly data?: DataFields;
}

export interface StreamDataFields {
  readonly streamId?: string;
  readonly streamSequenceId?: number;
  readonly data?: DataFields;
}

export interface StreamEndFields {
  readonly streamId?: string;
  readonly error?: { readonly message?: string; readonly userErrorCode?: string };
}

export interface SetGroupStateFields extends GroupFields {
  readonly state?: { readonly entries?: Entries };
}

/**
 * A message of a client, as the schema describes it. Whatever is not on the wire is undefined, and
 * proto3 writes no empty text and no zero; numbers are safe integers.
 */
export type ClientMessage =
  | { readonly request: "sendToGroup"; readonly sendToGroup: SendToGroupFields }
  | { readonly request: "event"; readonly event: EventFields }
  | { readonly request: "joinGroup"; readonly joinGroup: GroupFields }
  | { readonly request: "leaveGroup"; readonly leaveGroup: GroupFields }
  | { readonly request: "sequenceAck"; readonly sequenceAck: { readonly sequenceId?: number } }
  | { readonly request: "ping" }
  | { readonly request: "invoke"; readonly invoke: InvokeFields }
  | {
      readonly request: "cancelInvocation";
      readonly cancelInvocation: { readonly invocationId?: string };
    }
  | { readonly request: "streamData"; readonly streamData: StreamDataFields }
  | { readonly request: "streamEnd"; readonly streamEnd: StreamEndFields }
  | { readonly request: "setGroupState"; readonly setGroupState: SetGroupStateFields }
  | { readonly request: "subscribeGroupState"; readonly subscribeGroupState: GroupFields }
  | { readonly request: "unsubscribeGroupState"; readonly unsubscribeGroupState: GroupFields }
  | { readonly request?: undefined };

/** @throws MalformedFrameError */
export function decodeClientMessage({ data, isBinary }: Frame): ClientMessage {
  if (!isBinary) throw new MalformedFrameError("The protocol has no text frames.", 1003);
  let message: ClientMessage;
  try {
    message = clientMessageType.toObject(clientMessageType.decode(data), {
      longs: Number,
      oneofs: true,
    }) as ClientMessage;
  } catch {
    throw new MalformedFrameError("The message is not protobuf of this protocol.");
  }
  rejectUnsafeNumbers(message);
  return message;
}

function rejectUnsafeNumbers(value: unknown): void {
  if (typeof value === "number" && !Number.isSafeInteger(value)) {
    throw new MalformedFrameError("A number is larger than 9007199254740991.");
  }
  if (typeof value !== "object" || value === null || Buffer.isBuffer(value)) return;
  for (const member of Object.values(value)) rejectUnsafeNumbers(member);
}
