import type {
  HistoryEntry,
  HistoryLimits,
  LoggedMessage,
  StreamPosition,
} from "../../contract/history-store.ts";
import type { HubState, StreamState } from "./state.ts";
import type { StreamRecord } from "./stream-record.ts";

// Objects, keys and the places of tables, as measured; texts come on top.
const entryBytes = 300;
const streamBytes = 700;
const publicationBytes = 200;

/** Adds a stream that there was not. */
export function addStream(hub: HubState, name: string, record: StreamRecord): StreamState {
  const stream: StreamState = {
    record,
    entries: new Map(),
    dataBytes: 0,
    publications: new Map(),
    touchedAt: 0,
    appendedAt: 0,
  };
  hub.streams.set(name, stream);
  hub.bytes += streamBytes + name.length;
  return stream;
}

/** Forgets a stream altogether, its epoch included. */
export function removeStream(hub: HubState, name: string): void {
  const stream = hub.streams.get(name);
  if (!stream) return;
  dropEntries(hub, name, stream);
  for (const key of [...stream.publications.keys()]) forgetPublication(hub, stream, key);
  hub.streams.delete(name);
  hub.bytes -= streamBytes + name.length;
}

/** Drops all messages of a stream. */
export function dropEntries(hub: HubState, name: string, stream: StreamState): void {
  for (const entry of stream.entries.values()) hub.bytes -= entryBytes + entry.data.length;
  stream.entries.clear();
  stream.dataBytes = 0;
  hub.logs.delete(name);
}

/** Logs a message at the top, and drops what is too old, too many or too much. */
export function logMessage(
  hub: HubState,
  name: string,
  stream: StreamState,
  message: LoggedMessage,
  limits: HistoryLimits,
  now: number,
): StreamPosition {
  const offset = stream.record.top + 1;
  const { id, dataType, data, excluded, fromUserId } = message;
  stream.record = { ...stream.record, top: offset, lastId: id };
  stream.entries.set(offset, { offset, loggedAt: now, id, dataType, data, excluded, fromUserId });
  stream.dataBytes += Buffer.byteLength(data);
  stream.appendedAt = now;
  hub.bytes += entryBytes + data.length;
  hub.logs.delete(name);
  hub.logs.add(name);
  for (let first = firstOf(stream); first; first = firstOf(stream)) {
    const isOver =
      stream.entries.size > limits.maxMessages || stream.dataBytes > limits.maxBytesPerStream;
    if (!isOver && isKept(first, limits, now)) break;
    dropFirst(hub, stream, first);
  }
  return { epoch: stream.record.epoch, offset };
}

/** The entry at an offset, unless it is too old. */
export function entryAt(
  stream: StreamState,
  offset: number,
  limits: HistoryLimits,
  now: number,
): HistoryEntry | undefined {
  const entry = stream.entries.get(offset);
  return entry && isKept(entry, limits, now) ? entry : undefined;
}

export function rememberPublication(
  hub: HubState,
  stream: StreamState,
  key: string,
  position: StreamPosition,
  now: number,
): void {
  stream.publications.set(key, { position, loggedAt: now });
  hub.bytes += publicationBytes + key.length;
}

/** What a key stands for; those that have had their time are dropped. */
export function findPublication(
  hub: HubState,
  stream: StreamState,
  key: string,
  { ttlInMs }: HistoryLimits,
  now: number,
): StreamPosition | undefined {
  for (const [oldest, { loggedAt }] of stream.publications) {
    if (loggedAt + ttlInMs > now) break;
    forgetPublication(hub, stream, oldest);
  }
  return stream.publications.get(key)?.position;
}

/** How much a hub may keep, and for how long. */
export interface Room {
  readonly maxBytes: number;
  /** Of messages. */
  readonly ttlInMs: number;
  /** Of streams that nobody touches. */
  readonly lifeInMs: number;
}

/** Makes room: first what is too old, then whole streams, those that nobody has touched for longest. */
export function makeRoom(hub: HubState, room: Room, now: number): void {
  dropOldLogs(hub, room, now);
  for (const [name, { touchedAt }] of hub.streams) {
    const isOver = hub.bytes > room.maxBytes && hub.streams.size > 1;
    if (!isOver && touchedAt + room.lifeInMs > now) break;
    removeStream(hub, name);
  }
  const [last] = hub.streams.values();
  if (last) shorten(hub, last, room);
}

function dropOldLogs(hub: HubState, { ttlInMs }: Room, now: number): void {
  for (const name of hub.logs) {
    const stream = hub.streams.get(name);
    if (!stream) continue;
    if (stream.appendedAt + ttlInMs > now) break;
    dropEntries(hub, name, stream);
  }
}

/** A stream that is alone, and still too large. */
function shorten(hub: HubState, stream: StreamState, { maxBytes }: Room): void {
  for (let first = firstOf(stream); first; first = firstOf(stream)) {
    if (hub.bytes <= maxBytes) break;
    dropFirst(hub, stream, first);
  }
}

/**
 * The oldest entry, by its offset, of which none is left out. To a loop over a map, all that was dropped
 * at its front is in the way until the map is made anew: a hundred thousand places in a long stream.
 */
function firstOf({ entries, record }: StreamState): HistoryEntry | undefined {
  return entries.get(record.top - entries.size + 1);
}

function isKept({ loggedAt }: HistoryEntry, { ttlInMs }: HistoryLimits, now: number): boolean {
  return loggedAt + ttlInMs > now;
}

function dropFirst(hub: HubState, stream: StreamState, { offset, data }: HistoryEntry): void {
  stream.entries.delete(offset);
  stream.dataBytes -= Buffer.byteLength(data);
  hub.bytes -= entryBytes + data.length;
}

function forgetPublication(hub: HubState, stream: StreamState, key: string): void {
  stream.publications.delete(key);
  hub.bytes -= publicationBytes + key.length;
}
