import type { Codec } from "./codec.ts";
import { refuseInvalidAny } from "./json-any.ts";
import { encodeJsonFrame, encodeJsonMessage, withJsonSequenceId } from "./json-frames.ts";
import { parseJsonRequest } from "./json-requests.ts";
import { isPing } from "./ping.ts";

/** `json.webpubsub.azure.v1` and its reliable variant. */
export const jsonCodec: Codec = {
  parse: ({ data }) => refuseInvalidAny(parseJsonRequest(data)),
  isPing: (frame) => isPing(frame, ({ data }) => parseJsonRequest(data)),
  encode: encodeJsonFrame,
  encodeMessage: encodeJsonMessage,
  withSequenceId: withJsonSequenceId,
};
