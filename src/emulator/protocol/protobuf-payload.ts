import { MalformedFrameError } from "./client-request.ts";
import type { Metadata, Payload } from "./message.ts";
import type { ContentFields, DataFields } from "./protobuf-client-message.ts";
import { anyType } from "./protobuf-schema.ts";
import { BadValueError, checkedContent, checkedMetadata, INVALID_ANY } from "./request-values.ts";

/** Whether protobuf clients, which get it as it is, can read it. */
export function isAny(bytes: Buffer): boolean {
  try {
    anyType.decode(bytes);
    return true;
  } catch {
    return false;
  }
}

/**
 * @throws BadValueError
 * @throws MalformedFrameError
 */
export function readContent({ data, metadata = {} }: ContentFields): {
  payload: Payload;
  metadata?: Metadata;
} {
  const entries = Object.entries(metadata);
  return checkedContent(
    readPayload(data),
    entries.length > 0 ? checkedMetadata(entries) : undefined,
  );
}

/**
 * @throws BadValueError
 * @throws MalformedFrameError
 */
export function readPayload(data: DataFields | undefined): Payload | undefined {
  switch (data?.kind) {
    case undefined:
      return undefined;
    case "text":
      return { dataType: "text", text: data.text };
    case "json":
      return { dataType: "json", json: checkedJson(data.json) };
    case "binary":
      return { dataType: "binary", bytes: data.binary };
    case "protobuf":
      if (!isAny(data.protobuf)) throw new MalformedFrameError(INVALID_ANY);
      return { dataType: "protobuf", bytes: data.protobuf };
  }
}

export function writePayload(payload: Payload): object {
  switch (payload.dataType) {
    case "text":
      return { text: payload.text };
    case "json":
      return { json: payload.json };
    case "binary":
      return { binary: payload.bytes };
    case "protobuf":
      return { protobuf: payload.bytes };
  }
}

// The text is written as it is into the envelope of JSON clients.
function checkedJson(json: string): string {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    throw new BadValueError("Data of type json must be JSON.");
  }
  if (value === null) throw new BadValueError("The data is missing.");
  return json;
}
