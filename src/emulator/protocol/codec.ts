import type { ClientRequest } from "./client-request.ts";
import type { Frame, Message } from "./message.ts";
import type { ServiceFrame } from "./service-frame.ts";

/** One way of writing messages to clients. */
export interface MessageEncoder {
  /** Undefined when the message says nothing in this format. */
  encodeMessage(message: Message): Frame | undefined;
}

/** One way of writing what clients and service say to each other. */
export interface Codec extends MessageEncoder {
  /**
   * What a client asks for; at once, unless it takes something that must be loaded first.
   *
   * @throws MalformedFrameError when the frame is not a message of the protocol.
   */
  parse(frame: Frame): ClientRequest | Promise<ClientRequest>;
  /** Whether the frame asks for nothing but a sign of life. */
  isPing(frame: Frame): boolean;
  encodeMessage(message: Message): Frame;
  /** The same message for one reliable connection, with its number there. */
  withSequenceId(message: Frame, sequenceId: number): Frame;
  /** Undefined when the protocol has no such frame. */
  encode(frame: ServiceFrame): Frame | undefined;
}
