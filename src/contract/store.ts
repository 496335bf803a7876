import type { AbortSignalLike } from "./abort-signal.ts";

/** A text, and what names this state of it: it changes with every write. */
export interface Versioned {
  readonly text: string;
  readonly version: string;
}

/** Every call of a store ends with its signal, at the latest. */
export interface StoreCallOptions {
  readonly signal: AbortSignalLike;
}

/**
 * What a plugin asks of a store, for one hub. It knows nothing of what the texts mean. A call that
 * rejects may have been carried out all the same.
 */
export interface StoreConnection {
  /** The record of the agreement. Undefined when there is none yet. */
  readRecord(options: StoreCallOptions): Promise<Versioned | undefined>;
  /**
   * Writes the record if nobody has since that version, undefined meaning that there is none.
   *
   * @returns The new version; undefined when somebody has.
   */
  replaceRecord(
    expected: string | undefined,
    text: string,
    options: StoreCallOptions,
  ): Promise<string | undefined>;
  /** What every server has said last, by the ids of the servers. */
  readObservations(options: StoreCallOptions): Promise<ReadonlyMap<string, string>>;
  /**
   * Says something in the name of a server, in place of what it said before.
   *
   * @param keepForInMs For how long somebody may want to know; a store may forget it then.
   */
  writeObservation(
    server: string,
    text: string,
    keepForInMs: number,
    options: StoreCallOptions,
  ): Promise<void>;
  /** Forgets what a server has said; nothing is to be forgotten of one that has said nothing. */
  removeObservation(server: string, options: StoreCallOptions): Promise<void>;
  /** Releases what this connection holds; the store lives on for others. Idempotent. */
  close(): Promise<void>;
}

/**
 * Where the app servers of one application meet. `memoryStore` serves one process, the others as many as
 * there are; one of your own must keep the promises of `StoreConnection`.
 */
export interface CoordinationStore {
  /** What it is, for messages, such as `blob container "coordination"`; without any secret. */
  readonly description: string;
  /**
   * Opens it for the plugins of one hub; those of other hubs have records of their own.
   *
   * @throws ResilientPubSubError `ERR_STORE_REFUSED` when it will not do without a change of the
   *   configuration, else `ERR_STORE_UNAVAILABLE`
   */
  open(hub: string, options: StoreCallOptions): Promise<StoreConnection>;
}
