import type { HubSendTextToAllOptions } from "@azure/web-pubsub";

/**
 * Text (with `contentType: "text/plain"`), bytes (an ArrayBuffer, a view of one or a Blob), or
 * anything that JSON can hold.
 */
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
  if (!isJsonValue(message))
    throw unsuitable(message, "give a value that JSON can hold, text or bytes");
}

function isBinary(message: unknown): boolean {
  return message instanceof ArrayBuffer || ArrayBuffer.isView(message) || message instanceof Blob;
}

function isJsonValue(message: unknown): boolean {
  if (typeof message === "number" && !Number.isFinite(message)) return false;
  if (isStream(message)) return false;
  try {
    return JSON.stringify(message) !== undefined;
  } catch (error) {
    throw new TypeError(
      `Cannot send a message that JSON cannot hold: ${(error as Error).message}`,
      {
        cause: error,
      },
    );
  }
}

/** A stream can be read once, and there are several endpoints. */
function isStream(message: unknown): boolean {
  const { pipe, getReader } = (message ?? {}) as Record<string, unknown>;
  return typeof pipe === "function" || typeof getReader === "function";
}

function unsuitable(message: unknown, remedy: string): TypeError {
  return new TypeError(`Cannot send a message of type ${typeof message}: ${remedy}`);
}
