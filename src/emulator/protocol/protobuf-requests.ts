import { isEventName, isGroupName } from "../names.ts";
import { type ClientRequest, MalformedFrameError } from "./client-request.ts";
import { BadValueError } from "./json-payload.ts";
import type { Frame } from "./message.ts";
import { readContent, readPayload } from "./protobuf-payload.ts";
import {
  decodeUpstream,
  type EventFields,
  type GroupFields,
  type InvokeFields,
  type SendToGroupFields,
  type SetGroupStateFields,
  type StreamDataFields,
  type StreamStartFields,
} from "./protobuf-upstream.ts";

const maxTtlInSeconds = 300;
const defaultIdleTimeoutInMs = 300_000;
const maxIdleTimeoutInMs = 2 ** 31 - 1;

/** @throws MalformedFrameError when the frame is not a message of the protocol. */
export function parseProtobufRequest(frame: Frame): ClientRequest {
  const message = decodeUpstream(frame);
  switch (message.request) {
    case undefined:
      throw new MalformedFrameError("The message is empty or of an unknown type.");
    case "ping":
      return { kind: "ping" };
    case "sequenceAck":
      return { kind: "sequenceAck", sequenceId: message.sequenceAck.sequenceId ?? 0 };
    case "cancelInvocation":
      return {
        kind: "cancelInvocation",
        invocationId: message.cancelInvocation.invocationId ?? "",
      };
    case "invoke":
      return parseInvoke(message.invoke);
    case "streamData":
      return parseStreamData(message.streamData);
    case "streamEnd": {
      const { streamId = "", error } = message.streamEnd;
      return { kind: "streamEnd", streamId, error };
    }
    case "sendToGroup":
      return message.sendToGroup.stream
        ? parseStreamStart(message.sendToGroup, message.sendToGroup.stream)
        : parseSendToGroup(message.sendToGroup);
    case "event":
      return parseEvent(message.event);
    case "joinGroup":
      return parseGroupRequest("joinGroup", message.joinGroup);
    case "leaveGroup":
      return parseGroupRequest("leaveGroup", message.leaveGroup);
    case "setGroupState":
      return parseSetGroupState(message.setGroupState);
    case "subscribeGroupState":
      return parseGroupRequest("subscribeGroupState", message.subscribeGroupState);
    case "unsubscribeGroupState":
      return parseGroupRequest("unsubscribeGroupState", message.unsubscribeGroupState);
  }
}

function parseGroupRequest(
  kind: "joinGroup" | "leaveGroup" | "subscribeGroupState" | "unsubscribeGroupState",
  { group, ackId }: GroupFields,
): ClientRequest {
  return acknowledged(ackId, () => ({ kind, ackId, group: checkedGroup(group) }));
}

function parseSendToGroup(fields: SendToGroupFields): ClientRequest {
  const { ackId, noEcho = false, ttlSeconds = 0 } = fields;
  return acknowledged(ackId, () => {
    if (ttlSeconds > maxTtlInSeconds) {
      throw new BadValueError(`The ttl_seconds must be at most ${maxTtlInSeconds}.`);
    }
    return {
      kind: "sendToGroup",
      ackId,
      group: checkedGroup(fields.group),
      noEcho,
      ...readContent(fields),
      ttlInSeconds: ttlSeconds,
    };
  });
}

function parseEvent(fields: EventFields): ClientRequest {
  const { ackId } = fields;
  return acknowledged(ackId, () => ({
    kind: "event",
    ackId,
    event: checkedEvent(fields.event),
    ...readContent(fields),
  }));
}

function parseSetGroupState({ group, ackId, state }: SetGroupStateFields): ClientRequest {
  return acknowledged(ackId, () => ({
    kind: "setGroupState",
    ackId,
    group: checkedGroup(group),
    state: state && (state.entries ?? {}),
  }));
}

function parseInvoke({ invocationId = "", event, data }: InvokeFields): ClientRequest {
  return unlessBad(
    () => ({
      kind: "invoke",
      invocationId,
      event: checkedEvent(event),
      payload: readPayload(data),
    }),
    (message) => ({ kind: "badInvocation", invocationId, message }),
  );
}

function parseStreamStart(
  { group, noEcho = false, data }: SendToGroupFields,
  { streamId = "", idleTimeoutMs = defaultIdleTimeoutInMs }: StreamStartFields,
): ClientRequest {
  return ofStream(streamId, () => {
    if (data) throw new BadValueError("The start of a stream carries no data.");
    if (idleTimeoutMs < 1 || idleTimeoutMs > maxIdleTimeoutInMs) {
      throw new BadValueError("The idle_timeout_ms is out of range.");
    }
    return {
      kind: "streamStart",
      streamId,
      group: checkedGroup(group),
      noEcho,
      idleTimeoutInMs: idleTimeoutMs,
    };
  });
}

/** Without a number and data it only keeps the stream alive. */
function parseStreamData({
  streamId = "",
  streamSequenceId,
  data,
}: StreamDataFields): ClientRequest {
  return ofStream(streamId, () => {
    if (streamSequenceId === undefined && !data) {
      return { kind: "streamData", streamId, part: undefined };
    }
    if (streamSequenceId === undefined) {
      throw new BadValueError("The stream_sequence_id is missing.");
    }
    const payload = readPayload(data);
    if (!payload) throw new BadValueError("The data is missing.");
    return { kind: "streamData", streamId, part: { sequenceId: streamSequenceId, payload } };
  });
}

const acknowledged = (ackId: number | undefined, parse: () => ClientRequest): ClientRequest =>
  unlessBad(parse, (message) => ({ kind: "bad", ackId, message }));

const ofStream = (streamId: string, parse: () => ClientRequest): ClientRequest =>
  unlessBad(parse, (message) => ({ kind: "badStream", streamId, message }));

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

function checkedGroup(group = ""): string {
  if (!isGroupName(group)) throw new BadValueError("The group name is invalid.");
  return group;
}

function checkedEvent(event = ""): string {
  if (!isEventName(event)) throw new BadValueError("The event name is invalid.");
  return event;
}
