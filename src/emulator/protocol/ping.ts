import type { ClientRequest } from "./client-request.ts";
import type { Frame } from "./message.ts";

// A ping has no more to say; what is larger is not worth being read twice.
const maxPingBytes = 64;

/** Whether a frame asks for nothing but a sign of life. */
export function isPing(frame: Frame, parse: (frame: Frame) => ClientRequest): boolean {
  if (frame.data.length > maxPingBytes) return false;
  try {
    return parse(frame).kind === "ping";
  } catch {
    return false;
  }
}
