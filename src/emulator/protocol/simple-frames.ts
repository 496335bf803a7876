import type { Frame, Message } from "./message.ts";

/** Simple clients get the bare payload: text and JSON in text frames, bytes in binary ones. */
export function encodeSimpleMessage({ payload }: Message): Frame {
  switch (payload.dataType) {
    case "text":
      return { data: Buffer.from(payload.text), isBinary: false };
    case "json":
      return { data: Buffer.from(payload.json), isBinary: false };
    case "binary":
      return { data: payload.bytes, isBinary: true };
  }
}
