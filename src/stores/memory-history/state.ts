import type { HistoryEntry, StreamPosition } from "../../contract/history-store.ts";
import type { StreamRecord } from "./stream-record.ts";

/** What a step is given from outside; with the same, it does the same. */
export interface StepInputs {
  /** Epoch milliseconds by the clock of the store. */
  readonly now: number;
  /** Which run of the store this is; with another one, no epoch that was begun before goes on. */
  readonly run: string;
  /** Draws a name for an epoch, never the same twice. */
  fresh(): string;
}

/** What an endpoint has still to be sent of one stream, or of all. */
export interface Task {
  /** Of the offsets. */
  epoch: string;
  /** None: a check. */
  offsets: number[];
  /** From when on it may be claimed. */
  dueAt: number;
  /** Changes with whatever is added. */
  version: number;
  /** Changes with each claim. */
  lease: number;
}

/** The stream of a task that is for all streams; no stream is called so. */
export const ALL_STREAMS = "";

/** An endpoint that somebody has named. */
export interface EndpointState {
  /** When it was last named. */
  namedAt: number;
  /** By the names of their streams. */
  readonly tasks: Map<string, Task>;
}

/** A message of which nobody has told how its first send went. */
export interface UnsettledMessage {
  readonly stream: string;
  readonly position: StreamPosition;
  dueAt: number;
}

/** A publication that a key stands for. */
export interface KeyedPublication {
  readonly position: StreamPosition;
  readonly loggedAt: number;
}

/** A stream with what it keeps. */
export interface StreamState {
  record: StreamRecord;
  /** By their offsets, from the first that is kept to the top. */
  readonly entries: Map<number, HistoryEntry>;
  /** Of the data of all entries. */
  dataBytes: number;
  /** In the order in which they were logged. */
  readonly publications: Map<string, KeyedPublication>;
  touchedAt: number;
  appendedAt: number;
}

/** Everything that a hub's history knows: plain data, that `structuredClone` copies. */
export interface HubState {
  /** The run that its generation was begun in. */
  run: string;
  /** Epochs begun in another generation have ended. */
  generation: string;
  /** The last number that was given to a change or a claim. */
  sequence: number;
  /** By name. */
  readonly endpoints: Map<string, EndpointState>;
  /** By `unsettledKey`. */
  readonly unsettled: Map<string, UnsettledMessage>;
  /** By name; the one that was touched last stands last. */
  readonly streams: Map<string, StreamState>;
  /** Names of the streams with entries; the one that was appended to last stands last. */
  readonly logs: Set<string>;
  /** What all streams take in memory, roughly. */
  bytes: number;
}

export function newHubState({ run, fresh }: StepInputs): HubState {
  return {
    run,
    generation: fresh(),
    sequence: 0,
    endpoints: new Map(),
    unsettled: new Map(),
    streams: new Map(),
    logs: new Set(),
    bytes: 0,
  };
}
