import type { ClientRequest } from "../../../src/emulator/protocol/client-request.ts";
import { parseProtobufRequest } from "../../../src/emulator/protocol/protobuf-requests.ts";
import { encodeUpstream } from "./protobuf.ts";

export const parseBytes = (data: Buffer): ClientRequest =>
  parseProtobufRequest({ data, isBinary: true });

/** What the emulator understands when a client says this. */
export const parse = (message: object): ClientRequest => parseBytes(encodeUpstream(message));
