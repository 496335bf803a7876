import type { IncomingHttpHeaders } from "node:http";
import { TextDecoder } from "node:util";
import type { RequestBody } from "../http/request-content.ts";
import type { Payload } from "../protocol/message.ts";
import { invalidParameter, unsupportedMediaType } from "./replies.ts";

/**
 * Reads a body whose length must be told beforehand. One that is too large is read to its end
 * nevertheless, without keeping it: a caller that is still writing would not see the answer.
 *
 * @throws Refusal 400; or any error when the caller goes away.
 */
export async function readBody(
  headers: IncomingHttpHeaders,
  body: RequestBody,
  maxBytes: number,
): Promise<Buffer> {
  const length = headers["content-length"];
  if (length === undefined) throw invalidParameter("Content-Length", "The length is missing.");
  const isTooLarge = Number(length) > maxBytes;
  const chunks: Buffer[] = [];
  for await (const chunk of body) {
    if (!isTooLarge) chunks.push(chunk);
  }
  if (isTooLarge) {
    throw invalidParameter("Content-Length", `The body exceeds ${maxBytes} bytes.`);
  }
  return Buffer.concat(chunks);
}

/** @throws Refusal 415 for a type or charset that no client could get, 400 for bad JSON. */
export function readPayload(contentType: string | undefined, body: Buffer): Payload {
  if (contentType === undefined) return { dataType: "binary", bytes: body };
  const [type = "", ...parameters] = contentType.split(";").map((part) => part.trim());
  switch (type.toLowerCase()) {
    case "application/octet-stream":
      return { dataType: "binary", bytes: body };
    case "text/plain":
      return { dataType: "text", text: decoder(parameters).decode(body) };
    case "application/json":
      return { dataType: "json", json: checkedJson(decoder(parameters, { fatal: true }), body) };
    default:
      throw unsupportedMediaType();
  }
}

/** @throws Refusal 415 for anything but JSON, 400 for bad JSON. */
export function readJson(contentType: string | undefined, body: Buffer): unknown {
  const payload = readPayload(contentType, body);
  if (payload.dataType !== "json") throw unsupportedMediaType();
  return JSON.parse(payload.json);
}

function decoder(parameters: string[], options: { fatal?: boolean } = {}): TextDecoder {
  const charset = parameters.find((parameter) => /^charset=/i.test(parameter));
  try {
    return new TextDecoder(charset?.slice("charset=".length).replaceAll('"', ""), options);
  } catch {
    throw unsupportedMediaType();
  }
}

function checkedJson(text: TextDecoder, body: Buffer): string {
  try {
    const json = text.decode(body);
    JSON.parse(json);
    return json;
  } catch {
    throw invalidParameter("message", "The body is not valid JSON.");
  }
}
