import type {
  AppendResult,
  HistoryAppend,
  HistoryEntry,
  HistoryLimits,
  LoggedMessage,
  OutboxTask,
  RangeQuestion,
  Settlement,
  StreamPosition,
  StreamQuestion,
} from "../../../contract/history-store.ts";
import { freshEpoch } from "../../fresh-epoch.ts";
import { lifeInMs, maxClosings, maxTasksOfEndpoint, maxUnsettled } from "../../history-bounds.ts";

// How calls and answers look on their way to the script and back.

const DATA_TYPES = { json: "j", text: "t", binary: "b" } as const;
const TYPES_OF_DATA: Readonly<Record<string, LoggedMessage["dataType"] | undefined>> = {
  j: "json",
  t: "text",
  b: "binary",
};

/** What may be absent. */
const optional = (text: string | undefined): string => (text === undefined ? "" : `=${text}`);
const milliseconds = (inMs: number): string => String(Math.ceil(inMs));

/** What a connection knows of the server that has answered it last. */
export interface SeenRun {
  /** Empty before the first answer. */
  readonly run: string;
  /** What calls have in common that were made before another one was seen. */
  readonly switchName: string;
}

/** What every call begins with. */
export function headToWire(limits: HistoryLimits, seen: SeenRun): string[] {
  const { ttlInMs, maxMessages, maxBytesPerStream, maxResends } = limits;
  const numbers = [
    Math.ceil(ttlInMs),
    Math.ceil(lifeInMs(ttlInMs)),
    maxMessages,
    maxBytesPerStream,
    maxResends,
    maxClosings,
    maxTasksOfEndpoint,
    maxUnsettled,
  ];
  return [freshEpoch(), ...numbers.map(String), seen.run, seen.switchName];
}

/** Stream, name of the epoch in case that one has to begin, and what is known of the stream. */
export function questionToWire({ stream, known }: StreamQuestion): string[] {
  const offset = String(known?.offset ?? 0);
  return [stream, freshEpoch(), optional(known?.epoch), offset, optional(known?.id)];
}

export function appendToWire({ stream, known, message, key, dueInMs }: HistoryAppend): string[] {
  const { id, dataType, data, excluded, fromUserId } = message;
  return [
    ...questionToWire({ stream, known }),
    optional(key),
    milliseconds(dueInMs),
    id,
    DATA_TYPES[dataType],
    data,
    optional(excluded && JSON.stringify(excluded)),
    optional(fromUserId),
  ];
}

export function rangeToWire({ stream, epoch, from, to }: RangeQuestion): string[] {
  return [stream, epoch, String(from), String(to)];
}

export function settlementToWire(settlement: Settlement): string[] {
  const { stream, position, undelivered, retryInMs } = settlement;
  const { epoch, offset } = position;
  const count = String(undelivered.length);
  return [stream, epoch, String(offset), milliseconds(retryInMs), count, ...undelivered];
}

export function finishToWire(
  { endpoint, stream = "", epoch, offsets, claim }: OutboxTask,
  retryInMs: number | undefined,
): string[] {
  const retry = retryInMs === undefined ? undefined : milliseconds(retryInMs);
  return [optional(endpoint), stream, epoch ?? "-", offsets.join(","), claim, optional(retry)];
}

/** A reply of the script as texts; a client may give numbers as texts, or texts as bytes. */
type Row = readonly unknown[];

export function appendedFromWire([epoch, offset, isRepeated]: Row): AppendResult {
  return { position: positionFromWire([epoch, offset]), isRepeated: String(isRepeated) === "1" };
}

export function positionFromWire([epoch, offset]: Row): StreamPosition {
  return { epoch: String(epoch), offset: Number(offset) };
}

export function taskFromWire([endpoint, stream, epoch, offsets, claim]: Row): OutboxTask {
  return {
    endpoint: String(endpoint) === "" ? undefined : String(endpoint).slice(1),
    stream: String(stream) || undefined,
    epoch: String(epoch) || undefined,
    offsets: String(offsets).split(",").filter(Boolean).map(Number),
    claim: String(claim),
  };
}

/** Undefined where one is missing; without those that no server of ours has written. */
export function rangeFromWire(reply: unknown, from: number): HistoryEntry[] | undefined {
  if (!Array.isArray(reply)) return undefined;
  return reply.flatMap((row, index) => entryFromWire(row, from + index) ?? []);
}

function entryFromWire(row: unknown, offset: number): HistoryEntry | undefined {
  const [position, flat] = Array.isArray(row) ? row : [];
  if (String(position) !== `${offset}-0` || !Array.isArray(flat)) return undefined;
  const fields = new Map<string, string>();
  for (let at = 0; at < flat.length; at += 2) fields.set(String(flat[at]), String(flat[at + 1]));
  const [id, data] = [fields.get("i"), fields.get("d")];
  const dataType = TYPES_OF_DATA[fields.get("y") ?? ""];
  const loggedAt = Number(fields.get("t"));
  const excluded = excludedFromWire(fields.get("x"));
  if (id === undefined || data === undefined || !dataType || !Number.isSafeInteger(loggedAt)) {
    return undefined;
  }
  if (excluded === "unreadable") return undefined;
  return { offset, loggedAt, id, dataType, data, excluded, fromUserId: fields.get("u") };
}

function excludedFromWire(text: string | undefined): string[] | undefined | "unreadable" {
  if (text === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    const isList = Array.isArray(value) && value.every((one) => typeof one === "string");
    return isList ? value : "unreadable";
  } catch {
    return "unreadable";
  }
}
