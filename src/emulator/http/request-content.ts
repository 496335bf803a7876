import type { IncomingMessage } from "node:http";
import { decodePercent } from "./target.ts";

/** The chunks of a body. */
export type RequestBody = AsyncIterable<Buffer> | Iterable<Buffer>;

/** The URL of a request, decoded where it can be. */
export const urlBytes = ({ url = "" }: IncomingMessage): Buffer =>
  Buffer.from(decodePercent(url) ?? url);

/**
 * Reads a body to its end, and keeps no more than so many bytes of it. Undefined when the caller went
 * away before.
 */
export async function readUpTo(
  request: IncomingMessage,
  maxBytes: number,
): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of request as AsyncIterable<Buffer>) {
      if (size < maxBytes) chunks.push(chunk);
      size += chunk.length;
    }
  } catch {
    return undefined;
  }
  return Buffer.concat(chunks);
}
