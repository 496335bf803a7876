import type { Message } from "../continuity-port.ts";
import { isObject } from "../options.ts";
import { readEnvelope } from "./envelope.ts";
import type { PositionEvent } from "./stream-state.ts";

/**
 * What a message says of a stream, without its envelope.
 *
 * @param connections Those that the client has, or had.
 * @returns Undefined for a message that says nothing, and is as it is.
 */
export function readIncoming(
  message: Message,
  connections: readonly string[],
): PositionEvent<Message> | undefined {
  const isOfGroup = message.kind === "groupData";
  // Whoever is named has sent it without an app server, with whatever beside it.
  if (isOfGroup && message.fromUserId) return undefined;
  const [text, bare] = unwrap(message);
  const envelope = readEnvelope(text);
  if (!envelope || (envelope.kind === "g") !== isOfGroup) return undefined;
  const { type, kind, position, id, user, excluded = "" } = envelope;
  const stream = isOfGroup ? `g:${message.group}` : kind;
  if (type === "c") return { type: "check", stream: kind === "*" ? undefined : stream, position };
  const own = { ...bare, ...(isOfGroup && user && { fromUserId: user }) };
  if (!position) return { type: "bypassed", stream, id: id as string, message: own };
  const size = sizeOf(message.data);
  const isTheirs = id && !connections.includes(excluded);
  return { type: "message", stream, position, id, message: isTheirs ? own : undefined, size };
}

/** The envelope, from wherever it travels, and the message as it was sent. */
function unwrap(message: Message): [envelope: unknown, bare: Message] {
  const { metadata, ...rest } = message as Message & { metadata?: unknown };
  if (isObject(metadata) && "rps" in metadata) {
    const { rps, ...others } = metadata;
    const isMore = Object.keys(others).length > 0;
    return [rps, { ...rest, ...(isMore && { metadata: others }) }];
  }
  const { $rps, ...data } = isObject(message.data) ? message.data : {};
  return [$rps, { ...message, data }];
}

const sizeOf = (data: Message["data"]): number =>
  data instanceof ArrayBuffer ? data.byteLength : (JSON.stringify(data) ?? "").length;
