import type { Payload } from "../../../src/emulator/protocol/message.ts";
import { encodeAny } from "./protobuf.ts";

export const any = { type_url: "type.googleapis.com/Test", value: Buffer.from([8, 1]) };
const anyBytes = encodeAny(any.type_url, any.value);
export const hello: Payload = { dataType: "text", text: "héllo" };

/** Title, data as clients write and read it, and what the emulator makes of it. */
export const payloads: [string, object, Payload][] = [
  ["text", { text_data: "héllo" }, hello],
  ["an empty text", { text_data: "" }, { dataType: "text", text: "" }],
  ["JSON", { json_data: ' {"n": 1.50}' }, { dataType: "json", json: ' {"n": 1.50}' }],
  [
    "bytes",
    { binary_data: Buffer.from([0, 255]) },
    { dataType: "binary", bytes: Buffer.from([0, 255]) },
  ],
  ["no bytes", { binary_data: Buffer.alloc(0) }, { dataType: "binary", bytes: Buffer.alloc(0) }],
  ["an Any", { protobuf_data: any }, { dataType: "protobuf", bytes: anyBytes }],
];
