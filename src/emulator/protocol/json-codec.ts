import type { Codec } from "./codec.ts";
import { encodeJsonFrame, encodeJsonMessage, withJsonSequenceId } from "./json-frames.ts";
import { parseJsonRequest } from "./json-requests.ts";

/** `json.webpubsub.azure.v1` and its reliable sister. */
export const jsonCodec: Codec = {
  parse: ({ data }) => parseJsonRequest(data),
  encode: encodeJsonFrame,
  encodeMessage: encodeJsonMessage,
  withSequenceId: withJsonSequenceId,
};
