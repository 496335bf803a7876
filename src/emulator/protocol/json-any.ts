import type { ClientRequest } from "./client-request.ts";
import type { Payload } from "./message.ts";
import { badRequest, INVALID_ANY } from "./request-values.ts";

/**
 * Refuses data of type protobuf that no protobuf client could read. Only a request that has such
 * data is looked at any later than at once: protobufjs is loaded for it.
 */
export function refuseInvalidAny(request: ClientRequest): ClientRequest | Promise<ClientRequest> {
  const payload = payloadOf(request);
  return payload?.dataType === "protobuf" ? check(request, payload.bytes) : request;
}

async function check(request: ClientRequest, bytes: Buffer): Promise<ClientRequest> {
  const { isAny } = await import("./protobuf-payload.ts");
  return isAny(bytes) ? request : refusalOf(request);
}

function payloadOf(request: ClientRequest): Payload | undefined {
  switch (request.kind) {
    case "sendToGroup":
    case "event":
    case "invoke":
      return request.payload;
    case "streamData":
      return request.part?.payload;
    default:
      return undefined;
  }
}

function refusalOf(request: ClientRequest): ClientRequest {
  const message = INVALID_ANY;
  switch (request.kind) {
    case "invoke":
      return { kind: "badInvocation", invocationId: request.invocationId, message };
    case "streamData":
      return { kind: "badStream", streamId: request.streamId, message };
    case "sendToGroup":
    case "event":
      return badRequest(request.ackId, message);
    default:
      return request;
  }
}
