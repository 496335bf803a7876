import type { Payload } from "../protocol/message.ts";

/** The body of an event's POST. */
export interface EventBody {
  readonly contentType: string;
  readonly bytes: Buffer;
}

export const jsonBody = (content: object): EventBody => ({
  contentType: "application/json; charset=utf-8",
  bytes: Buffer.from(JSON.stringify(content)),
});

/** Nothing said is an empty binary: app servers do not take a user event without a content type. */
export function payloadBody(payload: Payload | undefined): EventBody {
  switch (payload?.dataType) {
    case undefined:
      return { contentType: "application/octet-stream", bytes: Buffer.alloc(0) };
    case "text":
      return { contentType: "text/plain; charset=utf-8", bytes: Buffer.from(payload.text) };
    case "json":
      return { contentType: "application/json", bytes: Buffer.from(payload.json) };
    case "binary":
      return { contentType: "application/octet-stream", bytes: payload.bytes };
    case "protobuf":
      return { contentType: "application/x-protobuf", bytes: payload.bytes };
  }
}
