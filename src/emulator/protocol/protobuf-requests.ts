import { type ClientRequest, MalformedFrameError } from "./client-request.ts";
import type { Frame } from "./message.ts";
import {
  decodeClientMessage,
  type EventFields,
  type GroupFields,
  type InvokeFields,
  type SendToGroupFields,
  type SetGroupStateFields,
  type StreamDataFields,
  type StreamStartFields,
} from "./protobuf-client-message.ts";
import { readContent, readPayload } from "./protobuf-payload.ts";
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
export function parseProtobufRequest(frame: Frame): ClientRequest {
  const message = decodeClientMessage(frame);
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
  { group = "", ackId }: GroupFields,
): ClientRequest {
  return acknowledged(ackId, () => ({ kind, ackId, group: checkedGroup(group) }));
}

function parseSendToGroup(fields: SendToGroupFields): ClientRequest {
  const { ackId, group = "", noEcho = false, ttlSeconds } = fields;
  return acknowledged(ackId, () => ({
    kind: "sendToGroup",
    ackId,
    group: checkedGroup(group),
    noEcho,
    ...readContent(fields),
    ttlInSeconds: checkedTtl(ttlSeconds),
  }));
}

function parseEvent(fields: EventFields): ClientRequest {
  const { ackId, event = "" } = fields;
  return acknowledged(ackId, () => ({
    kind: "event",
    ackId,
    event: checkedEvent(event),
    ...readContent(fields),
  }));
}

function parseSetGroupState({ group = "", ackId, state }: SetGroupStateFields): ClientRequest {
  return acknowledged(ackId, () => ({
    kind: "setGroupState",
    ackId,
    group: checkedGroup(group),
    state: state && (state.entries ?? {}),
  }));
}

function parseInvoke({ invocationId = "", event = "", data }: InvokeFields): ClientRequest {
  return ofInvocation(invocationId, () => ({
    kind: "invoke",
    invocationId,
    event: checkedEvent(event),
    payload: readPayload(data),
  }));
}

function parseStreamStart(
  { group = "", noEcho = false, data }: SendToGroupFields,
  { streamId = "", idleTimeoutMs }: StreamStartFields,
): ClientRequest {
  return ofStream(streamId, () => {
    if (data) throw new BadValueError("The start of a stream carries no data.");
    return {
      kind: "streamStart",
      streamId,
      group: checkedGroup(group),
      noEcho,
      idleTimeoutInMs: checkedIdleTimeout(idleTimeoutMs),
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
