import type { IncomingMessage } from "node:http";
import { refusal } from "./replies.ts";

const maxBodyBytes = 64 * 1024;

/**
 * Reads the JSON of a request. The type must say that it is JSON: a page of another site cannot say
 * so without asking the browser first.
 *
 * @throws Refusal 400, 413 or 415; or any error when the caller goes away.
 */
export async function readJson(request: IncomingMessage): Promise<unknown> {
  const [type = ""] = (request.headers["content-type"] ?? "").split(";");
  if (type.trim().toLowerCase() !== "application/json") {
    throw refusal(415, "The Content-Type must be application/json.");
  }
  const chunks: Buffer[] = [];
  let size = 0;
  // Read to its end in any case: a caller that is still writing would not see the answer.
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size <= maxBodyBytes) chunks.push(chunk);
  }
  if (size > maxBodyBytes) throw refusal(413, `The body exceeds ${maxBodyBytes} bytes.`);
  try {
    return JSON.parse(Buffer.concat(chunks).toString());
  } catch {
    throw refusal(400, "The body is not valid JSON.");
  }
}
