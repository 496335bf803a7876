import type { Codec } from "./codec.ts";
import { isPing } from "./ping.ts";
import {
  encodeProtobufFrame,
  encodeProtobufMessage,
  withProtobufSequenceId,
} from "./protobuf-frames.ts";
import { parseProtobufRequest } from "./protobuf-requests.ts";

/**
 * `protobuf.webpubsub.azure.v1` and its reliable variant, after the schema that Microsoft publishes
 * for them. JSON reaches these clients in `json_data`, as that schema has it; clients built on an
 * older one, without that field, see no data.
 */
export const protobufCodec: Codec = {
  parse: parseProtobufRequest,
  isPing: (frame) => isPing(frame, parseProtobufRequest),
  encode: encodeProtobufFrame,
  encodeMessage: encodeProtobufMessage,
  withSequenceId: withProtobufSequenceId,
};
