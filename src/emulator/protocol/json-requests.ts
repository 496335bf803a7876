import { type AckId, type ClientRequest, MalformedFrameError } from "./client-request.ts";
import {
  isBoolean,
  isCount,
  isObject,
  isString,
  type Members,
  optional,
  parseObject,
  required,
} from "./json-members.ts";
import { readContent, readPayload } from "./json-payload.ts";
import {
  acknowledged,
  BadValueError,
  checkedEvent,
  checkedGroup,
  checkedIdleTimeout,
  checkedTtl,
  ofInvocation,
  ofStream,
} from "./request-values.ts";

/** @throws MalformedFrameError when the frame is not a message of the protocol. */
export function parseJsonRequest(frame: Buffer): ClientRequest {
  const members = parseObject(frame);
  const type = required(members, "type", isString).toLowerCase();
  switch (type) {
    case "ping":
      return { kind: "ping" };
    case "sequenceack":
      return { kind: "sequenceAck", sequenceId: required(members, "sequenceId", isCount) };
    case "cancelinvocation":
      return { kind: "cancelInvocation", invocationId: invocationIdOf(members) };
    // Clients may answer invocations, but the service never invokes them.
    case "invokeresponse":
      return { kind: "cancelInvocation", invocationId: invocationIdOf(members) };
    case "invoke": {
      const invocationId = invocationIdOf(members);
      return ofInvocation(invocationId, () => parseInvoke(members, invocationId));
    }
    case "streamdata":
    case "streamend": {
      const streamId = required(members, "streamId", isString);
      const parse = type === "streamdata" ? parseStreamData : parseStreamEnd;
      return ofStream(streamId, () => parse(members, streamId));
    }
    case "sendtogroup": {
      const stream = optional(members, "stream", isObject);
      if (!stream) break;
      const streamId = required(stream, "streamId", isString);
      return ofStream(streamId, () => parseStreamStart(members, stream, streamId));
    }
  }
  const ackId = optional(members, "ackId", isCount);
  return acknowledged(ackId, () => parseAcknowledged(type, members, ackId));
}

function parseAcknowledged(type: string, members: Members, ackId: AckId): ClientRequest {
  switch (type) {
    case "joingroup":
      return { kind: "joinGroup", ackId, group: groupOf(members) };
    case "leavegroup":
      return { kind: "leaveGroup", ackId, group: groupOf(members) };
    case "sendtogroup":
      return {
        kind: "sendToGroup",
        ackId,
        group: groupOf(members),
        noEcho: optional(members, "noEcho", isBoolean) ?? false,
        ...readContent(members),
        ttlInSeconds: checkedTtl(optional(members, "ttlSeconds", isCount)),
      };
    case "event":
      return { kind: "event", ackId, event: eventOf(members), ...readContent(members) };
    case "setgroupstate":
      return { kind: "setGroupState", ackId, group: groupOf(members), state: stateOf(members) };
    case "subscribegroupstate":
      return { kind: "subscribeGroupState", ackId, group: groupOf(members) };
    case "unsubscribegroupstate":
      return { kind: "unsubscribeGroupState", ackId, group: groupOf(members) };
    default:
      throw new MalformedFrameError("The message type is unknown.");
  }
}

function parseInvoke(members: Members, invocationId: string): ClientRequest {
  if (required(members, "target", isString).toLowerCase() !== "event") {
    throw new BadValueError("The target of an invocation must be event.");
  }
  const { data } = members;
  const payload = data === undefined || data === null ? undefined : readPayload(members, data);
  return { kind: "invoke", invocationId, event: eventOf(members), payload };
}

function parseStreamStart(members: Members, stream: Members, streamId: string): ClientRequest {
  if (members.data !== undefined || members.dataType !== undefined) {
    throw new BadValueError("The start of a stream carries no data.");
  }
  return {
    kind: "streamStart",
    streamId,
    group: groupOf(members),
    noEcho: optional(members, "noEcho", isBoolean) ?? false,
    idleTimeoutInMs: checkedIdleTimeout(optional(stream, "idleTimeoutMs", isCount)),
  };
}

/** Without a number and data it only keeps the stream alive. */
function parseStreamData(members: Members, streamId: string): ClientRequest {
  const sequenceId = optional(members, "streamSequenceId", isCount);
  const { data } = members;
  if (sequenceId === undefined && data === undefined) {
    return { kind: "streamData", streamId, part: undefined };
  }
  if (sequenceId === undefined) throw new BadValueError("The streamSequenceId is missing.");
  return {
    kind: "streamData",
    streamId,
    part: { sequenceId, payload: readPayload(members, data) },
  };
}

function parseStreamEnd(members: Members, streamId: string): ClientRequest {
  const error = optional(members, "error", isObject);
  return {
    kind: "streamEnd",
    streamId,
    error: error && {
      message: optional(error, "message", isString),
      userErrorCode: optional(error, "userErrorCode", isString),
    },
  };
}

const invocationIdOf = (members: Members): string => required(members, "invocationId", isString);

const groupOf = (members: Members): string => checkedGroup(required(members, "group", isString));

const eventOf = (members: Members): string => checkedEvent(required(members, "event", isString));

function stateOf(members: Members): Record<string, string> | undefined {
  const state = optional(members, "state", isObject);
  if (!state) return undefined;
  const entries = Object.entries(state);
  if (entries.every((entry): entry is [string, string] => isString(entry[1]))) {
    return Object.fromEntries(entries);
  }
  throw new BadValueError("The values of a state must be strings.");
}
