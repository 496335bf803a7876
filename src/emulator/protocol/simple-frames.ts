import type { MessageEncoder } from "./codec.ts";
import type { Frame, Message } from "./message.ts";

/**
 * Simple clients get the bare payload: text and JSON in text frames, bytes in binary ones. The end
 * of a stream has none: nothing can be told without an envelope.
 */
export const simpleEncoder: MessageEncoder = { encodeMessage: encodeSimpleMessage };

function encodeSimpleMessage(message: Message): Frame | undefined {
  if (message.from === "group" && message.stream?.endOfStream) return undefined;
  const { payload } = message;
  switch (payload.dataType) {
    case "text":
      return { data: Buffer.from(payload.text), isBinary: false };
    case "json":
      return { data: Buffer.from(payload.json), isBinary: false };
    case "binary":
    case "protobuf":
      return { data: payload.bytes, isBinary: true };
  }
}
