import { isEventName, isGroupName } from "../names.ts";
import type { Payload } from "./message.ts";

type AckId = number | undefined;

/** What a client of the JSON protocols may ask for. */
export type ClientRequest =
  | { kind: "joinGroup" | "leaveGroup"; ackId: AckId; group: string }
  | { kind: "sendToGroup"; ackId: AckId; group: string; noEcho: boolean; payload: Payload }
  | { kind: "event"; ackId: AckId; event: string; payload: Payload }
  | { kind: "sequenceAck"; sequenceId: number }
  | { kind: "ping" }
  | { kind: "invoke"; invocationId: string }
  | { kind: "cancelInvocation" }
  | { kind: "streamStart" | "streamPart"; streamId: string }
  /** Well formed, but with a value that cannot be: answered by an ack, the connection stays. */
  | { kind: "bad"; ackId: AckId; message: string };

/** The frame breaks the protocol; the connection cannot go on. */
export class MalformedFrameError extends Error {}

/** A value inside a well formed frame cannot be used. */
class BadValueError extends Error {}

type Members = Readonly<Record<string, unknown>>;

/** @throws MalformedFrameError when the frame is not a message of the protocol. */
export function parseJsonRequest(frame: Buffer): ClientRequest {
  const members = parseObject(frame);
  const ackId = optional(members, "ackId", isCount);
  try {
    return parseMembers(members, ackId);
  } catch (error) {
    if (error instanceof BadValueError) return { kind: "bad", ackId, message: error.message };
    throw error;
  }
}

function parseMembers(members: Members, ackId: AckId): ClientRequest {
  switch (required(members, "type", isString).toLowerCase()) {
    case "joingroup":
      return { kind: "joinGroup", ackId, group: groupOf(members) };
    case "leavegroup":
      return { kind: "leaveGroup", ackId, group: groupOf(members) };
    case "sendtogroup":
      return members.stream === undefined
        ? {
            kind: "sendToGroup",
            ackId,
            group: groupOf(members),
            noEcho: optional(members, "noEcho", isBoolean) ?? false,
            payload: payloadOf(members),
          }
        : {
            kind: "streamStart",
            streamId: required(required(members, "stream", isObject), "streamId", isString),
          };
    case "event":
      return { kind: "event", ackId, event: eventOf(members), payload: payloadOf(members) };
    case "sequenceack":
      return { kind: "sequenceAck", sequenceId: required(members, "sequenceId", isCount) };
    case "ping":
      return { kind: "ping" };
    case "invoke":
      return { kind: "invoke", invocationId: required(members, "invocationId", isString) };
    case "cancelinvocation":
      return { kind: "cancelInvocation" };
    case "streamdata":
    case "streamend":
      return { kind: "streamPart", streamId: required(members, "streamId", isString) };
    case "setgroupstate":
    case "subscribegroupstate":
    case "unsubscribegroupstate":
      throw new BadValueError("The emulator does not have group state yet.");
    default:
      throw new MalformedFrameError("The message type is unknown.");
  }
}

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

const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

function payloadOf(members: Members): Payload {
  const { data } = members;
  if (data === undefined || data === null) throw new BadValueError("The data is missing.");
  switch (optional(members, "dataType", isString) ?? "json") {
    case "json":
      return { dataType: "json", json: stringify(data) };
    case "text":
      if (!isString(data)) throw new BadValueError("Data of type text must be a string.");
      return { dataType: "text", text: data };
    case "binary":
      if (!isString(data) || !base64.test(data)) {
        throw new BadValueError("Data of type binary must be a base64 string.");
      }
      return { dataType: "binary", bytes: Buffer.from(data, "base64") };
    default:
      throw new BadValueError("The dataType must be json, text or binary.");
  }
}

function parseObject(frame: Buffer): Members {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(frame));
  } catch {
    throw new MalformedFrameError("The message is not JSON.");
  }
  if (!isObject(value)) throw new MalformedFrameError("The message is not a JSON object.");
  return value;
}

// JSON.parse takes any depth of nesting, JSON.stringify overflows the stack on some of it.
function stringify(data: unknown): string {
  try {
    return JSON.stringify(data);
  } catch {
    throw new MalformedFrameError("The data is nested too deeply.");
  }
}

function required<T>(members: Members, name: string, is: (value: unknown) => value is T): T {
  const value = optional(members, name, is);
  if (value === undefined) throw new MalformedFrameError(`The member ${name} is missing.`);
  return value;
}

function optional<T>(
  members: Members,
  name: string,
  is: (value: unknown) => value is T,
): T | undefined {
  const value = members[name];
  if (value === undefined || value === null) return undefined;
  if (!is(value)) throw new MalformedFrameError(`The member ${name} is of a wrong type.`);
  return value;
}

const isString = (value: unknown): value is string => typeof value === "string";
const isBoolean = (value: unknown): value is boolean => typeof value === "boolean";
const isCount = (value: unknown): value is number =>
  Number.isSafeInteger(value) && Number(value) >= 0;
const isObject = (value: unknown): value is Members =>
  typeof value === "object" && value !== null && !Array.isArray(value);
