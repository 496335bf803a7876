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
 * Brings a message into a form that the SDK sends as it is meant, and refuses what cannot be sent
 * before any endpoint has seen it.
 *
 * @throws TypeError that says what the message is and what it should be
 */
export function toSendable(message: unknown, contentType: ContentType | undefined): unknown {
  if (contentType === "text/plain") {
    if (typeof message === "string") return message;
    throw unsuitable(message, "text/plain takes a string");
  }
  // The SDK takes a Blob by its type, but its transport for Node does not.
  if (message instanceof Blob) return message.arrayBuffer();
  if (message instanceof ArrayBuffer || ArrayBuffer.isView(message)) return message;
  if (contentType === "application/octet-stream") {
    throw unsuitable(
      message,
      "application/octet-stream takes an ArrayBuffer, a view of one or a Blob",
    );
  }
  return new JsonMessage(message);
}

/**
 * The SDK tells bytes from JSON by the name of an object's constructor, which a message from
 * outside may have chosen. This wrapper's is known, and what it holds can no longer change.
 */
class JsonMessage {
  readonly #value: unknown;

  constructor(message: unknown) {
    this.#value = JSON.parse(jsonOf(message));
  }

  toJSON(): unknown {
    return this.#value;
  }
}

function jsonOf(message: unknown): string {
  const remedy = "give a value that JSON can hold, text or bytes";
  const isNotFinite = typeof message === "number" && !Number.isFinite(message);
  if (isNotFinite || isStream(message)) throw unsuitable(message, remedy);
  let json: string | undefined;
  try {
    json = JSON.stringify(message);
  } catch (cause) {
    throw new TypeError("Cannot send a message that JSON cannot hold; see the cause", { cause });
  }
  if (json === undefined) throw unsuitable(message, remedy);
  return json;
}

/** A stream can be read once, and there are several endpoints. */
function isStream(message: unknown): boolean {
  const { pipe, getReader } = (message ?? {}) as Record<string, unknown>;
  return typeof pipe === "function" || typeof getReader === "function";
}

function unsuitable(message: unknown, remedy: string): TypeError {
  return new TypeError(`Cannot send a message of type ${typeof message}: ${remedy}`);
}
