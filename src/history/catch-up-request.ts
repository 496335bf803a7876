import type { StreamPosition } from "../contract/history-store.ts";
import { RequestRefused } from "../http/problem.ts";
import { maxIdLength } from "../kit/service-limits.ts";
import { streamOf } from "./client-stream-name.ts";
import { decodePosition } from "./envelope.ts";
import { malformed, objectIn, readObject } from "./json-request.ts";

/** The most bytes of a request. */
export const maxRequestInBytes = 64 * 1024;
const maxStreams = 64;
/** Whoever it is, a name is one of a stream or is not. */
const ANYBODY = "-";
const maxConnections = 8;
const maxIncarnationLength = 64;

/** Where a client says that it is. */
export interface ClientAddress {
  readonly endpoint: string;
  readonly epoch?: number | undefined;
  readonly incarnation?: string | undefined;
}

/** What a client asks to catch up with. */
export interface CatchUpRequest {
  readonly grant: string;
  /** How far it has read each stream; undefined for one that it has only just joined. */
  readonly since: ReadonlyMap<string, StreamPosition | undefined>;
  /** How far it knows the streams to go. */
  readonly seen: ReadonlyMap<string, StreamPosition>;
  /** Ids that its connections have, or had while it was on its way. */
  readonly connections: readonly string[];
  /** Undefined when it does not ask for a review. */
  readonly at: ClientAddress | undefined;
}

/** @throws RequestRefused for what the client of this package would not send */
export function readCatchUp(body: Buffer): CatchUpRequest {
  const request = readObject(body, "The body");
  const { grant, since, seen = {}, connections = [], at } = request;
  if (typeof grant !== "string") throw malformed("grant is not a text.");
  return {
    grant,
    since: positionsIn(since, "since", (text) => (text === "" ? undefined : positionIn(text))),
    seen: positionsIn(seen, "seen", positionIn),
    connections: connectionsIn(connections),
    at: at === undefined ? undefined : addressIn(at),
  };
}

function positionsIn<Position>(
  value: unknown,
  member: string,
  read: (text: unknown) => Position,
): ReadonlyMap<string, Position> {
  const streams = Object.entries(objectIn(value, member));
  if (streams.length > maxStreams)
    throw tooMuch(`${member} names more than ${maxStreams} streams.`);
  return new Map(
    streams.map(([name, position]) => {
      if (streamOf(name, ANYBODY) === undefined)
        throw malformed(`${member} names what is no stream.`);
      return [name, read(position)];
    }),
  );
}

function positionIn(value: unknown): StreamPosition {
  const position = typeof value === "string" ? decodePosition(value) : undefined;
  if (position === undefined) throw malformed("A position is not <epoch>:<offset>.");
  return position;
}

function connectionsIn(value: unknown): readonly string[] {
  const isIds =
    Array.isArray(value) &&
    value.length <= maxConnections &&
    value.every((id) => typeof id === "string" && id !== "" && id.length <= maxIdLength);
  if (!isIds) throw malformed(`connections are not ${maxConnections} ids at most.`);
  return value;
}

function addressIn(value: unknown): ClientAddress {
  const { endpoint, epoch, incarnation } = objectIn(value, "at");
  const isReadable =
    typeof endpoint === "string" &&
    endpoint !== "" &&
    (epoch === undefined || (Number.isSafeInteger(epoch) && Number(epoch) >= 0)) &&
    (incarnation === undefined || isIncarnation(incarnation));
  if (!isReadable) throw malformed("at does not say where the client is.");
  return { endpoint, epoch: epoch as number | undefined, incarnation: incarnation as string };
}

const isIncarnation = (value: unknown): boolean =>
  typeof value === "string" && value.length <= maxIncarnationLength;

function tooMuch(detail: string): RequestRefused {
  return new RequestRefused({ status: 413, code: "ERR_HISTORY_REQUEST", detail });
}

/** What a body that could not be read is to those who catch up; anything else stays what it is. */
export function asHistoryRefusal(error: unknown): unknown {
  if (!(error instanceof RequestRefused)) return error;
  const { status, detail } = error.problem;
  if (status === 413) return tooMuch(detail);
  return status === 400 ? malformed(detail) : error;
}
