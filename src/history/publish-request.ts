import { nameProblem } from "../kit/arguments.ts";
import { maxGroupNameLength } from "../kit/service-limits.ts";
import { EncodedBody } from "../service/encoded-body.ts";
import { malformed, readObject } from "./json-request.ts";

/** A message that a client wants published. */
export interface PublishRequest {
  readonly group: string;
  readonly body: EncodedBody;
  /** The client's own name for it; a second one of the same name is the same message. */
  readonly key: string;
  readonly grant: string;
  /** Whether the client itself does not want to get it. */
  readonly isWithoutEcho: boolean;
}

const KEY = /^[\w-]{1,64}$/;

/** @throws RequestRefused for what the client of this package would not send */
export function readPublish(bytes: Buffer): PublishRequest {
  const { group, t, d, key, grant, noEcho = false } = readObject(bytes, "The event");
  if (typeof group !== "string" || nameProblem(group, maxGroupNameLength) !== undefined) {
    throw malformed("group is not the name of a group.");
  }
  if (typeof key !== "string" || !KEY.test(key)) throw malformed("key is not a key.");
  if (typeof grant !== "string") throw malformed("grant is not a text.");
  if (typeof noEcho !== "boolean") throw malformed("noEcho is neither true nor false.");
  return { group, body: bodyOf(t, d), key, grant, isWithoutEcho: noEcho };
}

function bodyOf(type: unknown, data: unknown): EncodedBody {
  if (type === "json" && data !== undefined) {
    return new EncodedBody(Buffer.from(JSON.stringify(data)), "application/json");
  }
  if (type === "text" && typeof data === "string") {
    return new EncodedBody(Buffer.from(data), "text/plain");
  }
  if (type === "binary" && typeof data === "string") {
    const bytes = Buffer.from(data, "base64");
    if (bytes.toString("base64") === data)
      return new EncodedBody(bytes, "application/octet-stream");
  }
  throw malformed("d is not what t says.");
}
