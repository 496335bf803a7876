import type { Codec } from "./codec.ts";
import { refuseInvalidAny } from "./json-any.ts";
import { encodeJsonFrame, encodeJsonMessage, withJsonSequenceId } from "./json-frames.ts";
import { parseJsonRequest } from "./json-requests.ts";

/** `json.webpubsub.azure.v1` and its reliable variant. */
export const jsonCodec: Codec = {
  parse: ({ data }) => refuseInvalidAny(parseJsonRequest(data)),
  encode: encodeJsonFrame,
  encodeMessage: encodeJsonMessage,
  withSequenceId: withJsonSequenceId,
};
