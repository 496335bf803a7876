import { isEventName, isGroupName } from "../names.ts";
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
import { BadValueError, readContent, readPayload } from "./json-payload.ts";

const maxTtlInSeconds = 300;
const defaultIdleTimeoutInMs = 300_000;
const maxIdleTimeoutInMs = 2 ** 31 - 1;

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
      return unlessBad(
        () => parseInvoke(members, invocationId),
        (message) => ({ kind: "badInvocation", invocationId, message }),
      );
    }
    case "streamdata":
    case "streamend": {
      const streamId = required(members, "streamId", isString);
      const parse = type === "streamdata" ? parseStreamData : parseStreamEnd;
      return unlessBad(
        () => parse(members, streamId),
        (message) => ({ kind: "badStream", streamId, message }),
      );
    }
    case "sendtogroup": {
      const stream = optional(members, "stream", isObject);
      if (!stream) break;
      const streamId = required(stream, "streamId", isString);
      return unlessBad(
        () => parseStreamStart(members, stream, streamId),
        (message) => ({ kind: "badStream", streamId, message }),
      );
    }
  }
  const ackId = optional(members, "ackId", isCount);
  return unlessBad(
    () => parseAcknowledged(type, members, ackId),
    (message) => ({ kind: "bad", ackId, message }),
  );
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
        ttlInSeconds: ttlOf(members),
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
  const idleTimeoutInMs = optional(stream, "idleTimeoutMs", isCount) ?? defaultIdleTimeoutInMs;
  if (idleTimeoutInMs < 1 || idleTimeoutInMs > maxIdleTimeoutInMs) {
    throw new BadValueError("The idleTimeoutMs is out of range.");
  }
  return {
    kind: "streamStart",
    streamId,
    group: groupOf(members),
    noEcho: optional(members, "noEcho", isBoolean) ?? false,
    idleTimeoutInMs,
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

function unlessBad(
  parse: () => ClientRequest,
  bad: (message: string) => ClientRequest,
): ClientRequest {
  try {
    return parse();
  } catch (error) {
    if (error instanceof BadValueError) return bad(error.message);
    throw error;
  }
}

const invocationIdOf = (members: Members): string => required(members, "invocationId", isString);

function groupOf(members: Members): string {
  const group = required(members, "group", isString);
  if (!isGroupName(group)) throw new BadValueError("The group name is invalid.");
  return group;
}

function eventOf(members: Members): string {
  const event = required(members, "event", isString);
  if (!isEventName(event)) throw new BadValueError("The event name is invalid.");
  return event;
}

function ttlOf(members: Members): number {
  const ttl = optional(members, "ttlSeconds", isCount) ?? 0;
  if (ttl <= maxTtlInSeconds) return ttl;
  throw new BadValueError(`The ttlSeconds must be an integer between 0 and ${maxTtlInSeconds}.`);
}

function stateOf(members: Members): Record<string, string> | undefined {
  const state = optional(members, "state", isObject);
  if (!state) return undefined;
  const entries = Object.entries(state);
  if (entries.every((entry): entry is [string, string] => isString(entry[1]))) {
    return Object.fromEntries(entries);
  }
  throw new BadValueError("The values of a state must be strings.");
}
