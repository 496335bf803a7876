import { maxTimerInMs } from "../../kit/max-timer.ts";
import { isEventName, isGroupName } from "../contract/names.ts";
import { type AckId, type ClientRequest, MalformedFrameError } from "./client-request.ts";
import type { Metadata, Payload } from "./message.ts";
import { readMetadata } from "./metadata.ts";

const maxTtlInSeconds = 300;
const DEFAULT_IDLE_TIMEOUT_IN_MS = 300_000;

export const INVALID_ANY = "Data of type protobuf must be an Any.";

/** A value in a well formed frame cannot be used: it costs the request, if the client can be told. */
export class BadValueError extends Error {}

/**
 * What is parsed, or a failure that the client gets as its ack.
 *
 * @throws MalformedFrameError for a failure that the client has asked no ack of.
 */
export const acknowledged = (ackId: AckId, parse: () => ClientRequest): ClientRequest =>
  unlessBad(parse, (message) => badRequest(ackId, message));

/** @throws MalformedFrameError without an ack id: there is no other way to tell the client. */
export function badRequest(ackId: AckId, message: string): ClientRequest {
  if (ackId === undefined) throw new MalformedFrameError(message);
  return { kind: "bad", ackId, message };
}

/** What is parsed, or a failure of the invocation. */
export const ofInvocation = (invocationId: string, parse: () => ClientRequest): ClientRequest =>
  unlessBad(parse, (message) => ({ kind: "badInvocation", invocationId, message }));

/** What is parsed, or a failure of the stream. */
export const ofStream = (streamId: string, parse: () => ClientRequest): ClientRequest =>
  unlessBad(parse, (message) => ({ kind: "badStream", streamId, message }));

/** @throws BadValueError */
export function checkedGroup(group: string): string {
  if (!isGroupName(group)) throw new BadValueError("The group name is invalid.");
  return group;
}

/** @throws BadValueError */
export function checkedEvent(event: string): string {
  if (!isEventName(event)) throw new BadValueError("The event name is invalid.");
  return event;
}

/** @throws MalformedFrameError whether or not an ack is asked for. */
export function checkedTtl(ttlInSeconds = 0): number {
  if (ttlInSeconds <= maxTtlInSeconds) return ttlInSeconds;
  throw new MalformedFrameError(`The time to live is 0 to ${maxTtlInSeconds} seconds.`);
}

/** @throws BadValueError */
export function checkedIdleTimeout(idleTimeoutInMs = DEFAULT_IDLE_TIMEOUT_IN_MS): number {
  if (idleTimeoutInMs >= 1 && idleTimeoutInMs <= maxTimerInMs) return idleTimeoutInMs;
  throw new BadValueError("The idle timeout is out of range.");
}

/** @throws BadValueError */
export function checkedMetadata(entries: [string, string][]): Metadata {
  const metadata = readMetadata(entries);
  if (metadata) return metadata;
  throw new BadValueError("The metadata must be short texts of printable ASCII characters.");
}

/**
 * Data and metadata of a message; either can stand alone.
 *
 * @throws BadValueError
 */
export function checkedContent(
  payload: Payload | undefined,
  metadata: Metadata | undefined,
): { payload: Payload; metadata?: Metadata } {
  if (payload) return { payload, ...(metadata && { metadata }) };
  if (!metadata) throw new BadValueError("The data is missing.");
  return { payload: { dataType: "text", text: "" }, metadata };
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
