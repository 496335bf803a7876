import type { Frame } from "./message.ts";

/**
 * A frame with its WebSocket header, which is the same for every receiver: framing a message once
 * costs less than once for each of thousands. The payload is copied, not kept twice.
 */
export function shareFrame({ data, isBinary }: Frame): Frame {
  const header = headerOf(data.length, isBinary);
  const wire = Buffer.concat([header, data]);
  return { data: wire.subarray(header.length), isBinary, wire };
}

/** Of a whole message from a server, so it has no mask. */
function headerOf(length: number, isBinary: boolean): Buffer {
  const first = isBinary ? 0x82 : 0x81;
  if (length < 126) return Buffer.from([first, length]);
  const header = Buffer.alloc(length < 65536 ? 4 : 10);
  header[0] = first;
  header[1] = length < 65536 ? 126 : 127;
  if (length < 65536) header.writeUInt16BE(length, 2);
  else header.writeBigUInt64BE(BigInt(length), 2);
  return header;
}
