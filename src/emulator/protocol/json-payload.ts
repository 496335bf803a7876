import { MalformedFrameError } from "./client-request.ts";
import { isObject, isString, type Members, optional } from "./json-members.ts";
import type { Metadata, Payload } from "./message.ts";
import { BadValueError, checkedContent, checkedMetadata } from "./request-values.ts";

/** @throws BadValueError */
export function readContent(members: Members): { payload: Payload; metadata?: Metadata } {
  const { data } = members;
  const payload = data === undefined || data === null ? undefined : readPayload(members, data);
  return checkedContent(payload, metadataOf(members));
}

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** @throws BadValueError */
export function readPayload(members: Members, data: unknown): Payload {
  const dataType = optional(members, "dataType", isString) ?? "json";
  switch (dataType) {
    case "json":
      if (data === undefined || data === null) throw new BadValueError("The data is missing.");
      return { dataType, json: stringify(data) };
    case "text":
      if (!isString(data)) throw new BadValueError("Data of type text must be a string.");
      return { dataType, text: data };
    case "binary":
    case "protobuf":
      return { dataType, bytes: bytesOf(dataType, data) };
    default:
      throw new BadValueError("The dataType must be json, text, binary or protobuf.");
  }
}

function bytesOf(dataType: "binary" | "protobuf", data: unknown): Buffer {
  if (isString(data) && BASE64.test(data)) return Buffer.from(data, "base64");
  throw new BadValueError(`Data of type ${dataType} must be a base64 string.`);
}

function metadataOf(members: Members): Metadata | undefined {
  const given = optional(members, "metadata", isObject);
  if (!given) return undefined;
  const entries = Object.entries(given);
  if (entries.every((entry): entry is [string, string] => isString(entry[1]))) {
    return checkedMetadata(entries);
  }
  throw new BadValueError("The values of metadata must be strings.");
}

// JSON.parse takes any depth of nesting, JSON.stringify overflows the stack on some of it.
function stringify(data: unknown): string {
  try {
    return JSON.stringify(data);
  } catch {
    throw new MalformedFrameError("The data is nested too deeply.");
  }
}
