import type { StoreCallOptions, StoreFacts } from "./store.ts";

/**
 * A place in a stream. Epoch and offset belong together: an offset means nothing without the epoch
 * that it was given in. Two messages never have the same position.
 */
export interface StreamPosition {
  /** Which incarnation of the stream; drawn at random, never used again, and in no order. */
  readonly epoch: string;
  /** 0 before the first message of the epoch, then 1, 2, 3 without a gap. */
  readonly offset: number;
}

/** The furthest that a server was told of in a stream: what the store must not have forgotten. */
export interface KnownPosition extends StreamPosition {
  /** Of the message there; undefined where the server knows only that there was one. */
  readonly id?: string | undefined;
}

/** A message as it is logged. */
export interface LoggedMessage {
  /** Drawn for this send; a message that was also sent without a position is recognised by it. */
  readonly id: string;
  /** How `data` is to be read. */
  readonly dataType: "json" | "text" | "binary";
  /** JSON, text, or bytes as base64. */
  readonly data: string;
  /** Ids of connections that were not sent it. */
  readonly excluded?: readonly string[] | undefined;
  /** User that published it; undefined for messages of the application. */
  readonly fromUserId?: string | undefined;
}

/** A message in a stream. */
export interface HistoryEntry extends LoggedMessage {
  /** Its offset in the epoch that was asked for. */
  readonly offset: number;
  /** When it was logged, epoch milliseconds by the clock of the store. */
  readonly loggedAt: number;
}

/** What is to be logged. */
export interface HistoryAppend {
  /** Name of the stream: `a`, `g:<group>` or `u:<user id>`. */
  readonly stream: string;
  /** What this server knows of the stream. */
  readonly known: KnownPosition | undefined;
  /** The message. */
  readonly message: LoggedMessage;
  /** A second append with this key logs nothing, for as long as messages are kept. */
  readonly key?: string | undefined;
  /** After how long the outbox takes it for unsent if nobody has settled it, milliseconds. */
  readonly dueInMs: number;
}

/** What became of an append. */
export interface AppendResult {
  /** Where the message is. */
  readonly position: StreamPosition;
  /** Whether an append with the same key had been there before; then `position` is of that one. */
  readonly isRepeated: boolean;
}

/** A stream, and what a server knows of it. */
export interface StreamQuestion {
  /** Name of the stream. */
  readonly stream: string;
  /** What this server knows of it. */
  readonly known: KnownPosition | undefined;
}

/** Which entries are wanted: those from `from` to `to`, both included. */
export interface RangeQuestion {
  /** Name of the stream. */
  readonly stream: string;
  /** The epoch that the offsets are of. */
  readonly epoch: string;
  /** The first offset. */
  readonly from: number;
  /** The last offset. */
  readonly to: number;
}

/** Something that an endpoint has still to be sent. */
export interface OutboxTask {
  /** Name of the endpoint; undefined where nobody has told how the first send went. */
  readonly endpoint: string | undefined;
  /** Name of the stream; undefined: clients of all streams are to look. */
  readonly stream: string | undefined;
  /** Epoch of the offsets; undefined for a check. */
  readonly epoch: string | undefined;
  /** Messages to be sent again; none: a check, which makes clients look. */
  readonly offsets: readonly number[];
  /** Tells this claim from any other; changes when something is added to the task. */
  readonly claim: string;
}

/** Which tasks are claimed. */
export interface ClaimQuestion {
  /** Names of the endpoints in use. */
  readonly endpoints: readonly string[];
  /** The most tasks. */
  readonly limit: number;
  /** For how long nobody else gets them, milliseconds. */
  readonly leaseInMs: number;
}

/** How a first send, or a claimed task, went. */
export interface Settlement {
  /** Name of the stream. */
  readonly stream: string;
  /** Where the message is. */
  readonly position: StreamPosition;
  /** Names of the endpoints that have not accepted it for sure. */
  readonly undelivered: readonly string[];
  /** After how long they are due again, milliseconds. */
  readonly retryInMs: number;
}

/** How much endpoints have still to be sent, all of them together. */
export interface OutboxBacklog {
  /** Tasks, and messages of which nobody has told in time how their first send went. */
  readonly tasks: number;
  /** For how long the first of them has been due, milliseconds; 0 when none is. */
  readonly overdueInMs: number;
}

/** How much a store keeps, and for how long. */
export interface HistoryLimits {
  /** The most messages of a stream. */
  readonly maxMessages: number;
  /** The most bytes of `data` of a stream. */
  readonly maxBytesPerStream: number;
  /** For how long a message is kept, milliseconds. */
  readonly ttlInMs: number;
  /** The most messages of one stream that one endpoint is sent again; beyond, it is sent a check. */
  readonly maxResends: number;
}

/**
 * The streams of one hub, and the outbox of what endpoints have still to be sent. Every call is one
 * atomic step at the primary of the store, and calls of one connection are carried out in the order
 * in which they were made. A call that rejects may have been carried out all the same.
 *
 * Every call that names a stream keeps these promises, by beginning a new epoch of it, in the same
 * step, when:
 * - the store's data are not those of the store that the stream was written in (it has failed over,
 *   was restarted, or somebody has said `renewEpochs`);
 * - this connection has been led here from another store, in which it may have logged or read what
 *   this one knows nothing of: then in its first call here, whatever that is, and for all streams;
 * - `known` is of this epoch, and beyond its top, or has another id than the message there;
 * - `known` is of an earlier epoch whose end is not on record, or was before `known`.
 *
 * A new epoch begins empty, records where the one before ended, drops what the outbox has of it, and
 * has every endpoint sent a check.
 */
export interface HistoryConnection {
  /** Logs messages, in this order. @throws ResilientPubSubError as `CoordinationStore` does */
  append(appends: readonly HistoryAppend[], options: StoreCallOptions): Promise<AppendResult[]>;
  /** Where the streams end; a stream that there is not is begun. */
  tops(questions: readonly StreamQuestion[], options: StoreCallOptions): Promise<StreamPosition[]>;
  /**
   * The entries of each question, in order. Undefined where one of them is not there, or the epoch is
   * not the stream's any more; without those that are there and cannot be read.
   */
  ranges(
    questions: readonly RangeQuestion[],
    options: StoreCallOptions,
  ): Promise<(HistoryEntry[] | undefined)[]>;
  /** Ends the epochs of these streams, or of all. */
  renewEpochs(streams: readonly string[] | "all", options: StoreCallOptions): Promise<void>;
  /** Tells how first sends went. What is undelivered becomes tasks, one for each endpoint and stream. */
  settle(settlements: readonly Settlement[], options: StoreCallOptions): Promise<void>;
  /** Has endpoints sent a check of these streams, or of all, when they are in use. */
  owe(
    endpoints: readonly string[],
    streams: readonly string[] | "all",
    options: StoreCallOptions,
  ): Promise<void>;
  /** Takes tasks that are due, for a while. */
  claim(question: ClaimQuestion, options: StoreCallOptions): Promise<OutboxTask[]>;
  /** Tells how a task went: it is over, unless something was added meanwhile, or due again. */
  finish(
    task: OutboxTask,
    result: "done" | { readonly retryInMs: number },
    options: StoreCallOptions,
  ): Promise<void>;
  /** How much there is to be claimed, for metrics; absent where the store cannot tell. */
  backlog?(options: StoreCallOptions): Promise<OutboxBacklog>;
  /** Releases what this connection holds. Idempotent. */
  close(): Promise<void>;
}

/** Where the streams are kept: `memoryHistory` for one process, `redisHistory` for any number. */
export interface HistoryStore {
  /** What it is, for messages; without any secret. */
  readonly description: string;
  /** As `CoordinationStore.insecureOrigin`. */
  readonly insecureOrigin?: string | undefined;
  /** Loads what the store needs. @throws ResilientPubSubError `ERR_STORE_REFUSED` */
  load?(): Promise<void>;
  /**
   * Opens it for the plugins of one hub.
   *
   * @param hub Its name in lower case.
   * @param onLost Told when the connection broke, and when it may reach another primary than before.
   * @throws ResilientPubSubError `ERR_STORE_REFUSED` when it will not do without a change of the
   *   configuration, else `ERR_STORE_UNAVAILABLE`
   */
  open(
    hub: string,
    limits: HistoryLimits,
    onLost: (error: unknown) => void,
    options: StoreCallOptions,
  ): Promise<HistoryConnection>;
  /** As `CoordinationStore.inspect`. */
  inspect?(options: StoreCallOptions): Promise<StoreFacts>;
}
