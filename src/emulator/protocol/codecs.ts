import type { WireFormat } from "./broadcast.ts";
import type { Codec } from "./codec.ts";
import { jsonCodec } from "./json-codec.ts";
import { protobufCodec } from "./protobuf-codec.ts";

/** Undefined for simple clients, which have no protocol of the service. */
export function codecOf(format: WireFormat): Codec | undefined {
  switch (format) {
    case "simple":
      return undefined;
    case "json":
      return jsonCodec;
    case "protobuf":
      return protobufCodec;
  }
}
