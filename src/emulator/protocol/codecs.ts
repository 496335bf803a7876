import type { Codec } from "./codec.ts";
import { jsonCodec } from "./json-codec.ts";

/** How a connection wants its messages: bare, in the JSON envelope, or in the protobuf one. */
export type WireFormat = "simple" | "json" | "protobuf";

/** Undefined for simple clients, which have no protocol of the service. */
export async function loadCodec(format: WireFormat): Promise<Codec | undefined> {
  switch (format) {
    case "simple":
      return undefined;
    case "json":
      return jsonCodec;
    case "protobuf":
      // Loaded only now: it brings protobufjs, which most have no use for.
      return (await import("./protobuf-codec.ts")).protobufCodec;
  }
}
