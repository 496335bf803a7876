import type { ClientRequest } from "./client-request.ts";
import type { Frame, Message } from "./message.ts";
import type { ServiceFrame } from "./service-frame.ts";

/** One way of writing what clients and service say to each other. */
export interface Codec {
  /** @throws MalformedFrameError when the frame is not a message of the protocol. */
  parse(frame: Frame): ClientRequest;
  encodeMessage(message: Message): Frame;
  /** The same message for one reliable connection, with its number there. */
  withSequenceId(message: Frame, sequenceId: number): Frame;
  /** Undefined when the protocol has no such frame. */
  encode(frame: ServiceFrame): Frame | undefined;
}
