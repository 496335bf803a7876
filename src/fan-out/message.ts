import type { HubSendTextToAllOptions } from "@azure/web-pubsub";

/** What the SDK sends as bytes. */
export type BinaryMessage = ArrayBuffer | ArrayBufferView | Blob;

/** Text (with `contentType: "text/plain"`), bytes, or anything that JSON can hold. */
export type Message = unknown;

export type ContentType =
  | HubSendTextToAllOptions["contentType"]
  | "application/json"
  | "application/octet-stream";

/**
 * Refuses a message that cannot be sent, before any endpoint has seen it.
 *
 * @throws TypeError that says what the message is and what it should be
 */
export function assertSendable(message: unknown, contentType: ContentType | undefined): void {
  if (contentType === "text/plain") {
    if (typeof message !== "string") throw unsuitable(message, "text/plain takes a string");
    return;
  }
  if (isBinary(message)) return;
  if (contentType === "application/octet-stream") {
    throw unsuitable(
      message,
      "application/octet-stream takes an ArrayBuffer, a view of one or a Blob",
    );
  }
  // Throws a TypeError of its own for BigInt and circular structures.
  if (JSON.stringify(message) === undefined) {
    throw unsuitable(message, "give a value that JSON can hold, text or bytes");
  }
}

function isBinary(message: unknown): message is BinaryMessage {
  return message instanceof ArrayBuffer || ArrayBuffer.isView(message) || message instanceof Blob;
}

function unsuitable(message: unknown, remedy: string): TypeError {
  return new TypeError(`Cannot send a message of type ${typeof message}: ${remedy}`);
}
