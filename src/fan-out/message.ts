import { types } from "node:util";
import type { ContentType } from "../contract/message.ts";
import { describeValue } from "../kit/describe-value.ts";
import { InvalidArgumentError } from "../kit/errors.ts";
import { EncodedBody } from "../service/encoded-body.ts";

const CONTENT_TYPES: readonly unknown[] = [
  "text/plain",
  "application/json",
  "application/octet-stream",
] satisfies ContentType[];

/**
 * Brings a message into the bytes that all endpoints are sent.
 *
 * @throws InvalidArgumentError that says what the message is and what it should be
 */
export function encodeMessage(
  message: unknown,
  contentType: ContentType | undefined,
): EncodedBody | Promise<EncodedBody> {
  if (contentType !== undefined && !CONTENT_TYPES.includes(contentType)) {
    const remedy = `give one of ${CONTENT_TYPES.join(", ")}`;
    throw new InvalidArgumentError(`contentType: got ${describeValue(contentType)}; ${remedy}`);
  }
  if (contentType === "text/plain") {
    if (typeof message !== "string") throw unsuitable(message, "text/plain takes a string");
    return new EncodedBody(Buffer.from(message), contentType);
  }
  if (message instanceof Blob) {
    return message.arrayBuffer().then((bytes) => encodeMessage(bytes, contentType));
  }
  const bytes = bytesOf(message);
  if (bytes && contentType === "application/json") {
    throw unsuitable(message, `${contentType} takes a value that JSON can hold`);
  }
  if (bytes) return new EncodedBody(bytes, "application/octet-stream");
  if (contentType === "application/octet-stream") {
    throw unsuitable(message, `${contentType} takes an ArrayBuffer, a view of one or a Blob`);
  }
  return new EncodedBody(Buffer.from(jsonOf(message)), "application/json");
}

/** A copy: the caller may write into its buffer again while an endpoint has yet to be sent it. */
function bytesOf(message: unknown): Uint8Array | undefined {
  if (types.isAnyArrayBuffer(message)) return new Uint8Array(message).slice();
  if (!ArrayBuffer.isView(message)) return undefined;
  return new Uint8Array(message.buffer, message.byteOffset, message.byteLength).slice();
}

function jsonOf(message: unknown): string {
  const remedy = "give a value that JSON can hold, text or bytes";
  const isNotFinite = typeof message === "number" && !Number.isFinite(message);
  if (isNotFinite || isStream(message)) throw unsuitable(message, remedy);
  let json: string | undefined;
  try {
    json = JSON.stringify(message);
  } catch (cause) {
    const text = "Cannot send a message that JSON cannot hold; see the cause";
    throw new InvalidArgumentError(text, { cause });
  }
  if (json === undefined) throw unsuitable(message, remedy);
  return json;
}

/** A stream can be read once, and there are several endpoints. */
function isStream(message: unknown): boolean {
  const { pipe, getReader } = (message ?? {}) as Record<string, unknown>;
  return typeof pipe === "function" || typeof getReader === "function";
}

function unsuitable(message: unknown, remedy: string): InvalidArgumentError {
  return new InvalidArgumentError(`Cannot send a message of type ${typeof message}: ${remedy}`);
}
