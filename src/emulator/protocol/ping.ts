import type { ClientRequest } from "./client-request.ts";
import type { Frame } from "./message.ts";

// Beyond it no ping says anything; what is larger is not worth being read twice.
const maxPingBytes = 256;

/** Whether a frame asks for nothing but a sign of life. */
export function isPing(frame: Frame, parse: (frame: Frame) => ClientRequest): boolean {
  if (frame.data.length > maxPingBytes) return false;
  try {
    return parse(frame).kind === "ping";
  } catch {
    return false;
  }
}
