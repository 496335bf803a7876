import type { AbortSignalLike } from "./abort-signal.ts";

/** A text, and what names this state of it. */
export interface Versioned {
  /** As it was written. */
  readonly text: string;
  /** Changes with every write, and is never given twice. */
  readonly version: string;
}

/** What every call of a store is given. */
export interface StoreCallOptions {
  /** The call rejects with its reason, at the latest when it is aborted. */
  readonly signal: AbortSignalLike;
}

/**
 * What a plugin asks of a store, for one hub: one record, written by compare-and-set, and one
 * observation of each server. It knows nothing of what the texts mean, which have 64 KiB at most. A
 * call that rejects may have been carried out all the same.
 */
export interface StoreConnection {
  /**
   * Reads the record of the agreement.
   *
   * @returns Undefined when there is none yet.
   * @throws ResilientPubSubError `ERR_STORE_UNAVAILABLE`, `ERR_STORE_REFUSED`, `ERR_STORE_UNREADABLE`
   */
  readRecord(options: StoreCallOptions): Promise<Versioned | undefined>;
  /**
   * Writes the record if nobody has since that version, undefined meaning that there is none.
   *
   * @returns The new version; undefined when somebody has.
   * @throws ResilientPubSubError as `readRecord` does
   */
  replaceRecord(
    expected: string | undefined,
    text: string,
    options: StoreCallOptions,
  ): Promise<string | undefined>;
  /**
   * Reads the last observation of every server, by the ids of the servers.
   *
   * @throws ResilientPubSubError as `readRecord` does
   */
  readObservations(options: StoreCallOptions): Promise<ReadonlyMap<string, string>>;
  /**
   * Writes the observation of a server, in place of the one before.
   *
   * @param keepForInMs For how long somebody may want to know, milliseconds; a store may forget it then.
   * @throws ResilientPubSubError as `readRecord` does
   */
  writeObservation(
    server: string,
    text: string,
    keepForInMs: number,
    options: StoreCallOptions,
  ): Promise<void>;
  /**
   * Removes the observation of a server; there need not be one.
   *
   * @throws ResilientPubSubError as `readRecord` does
   */
  removeObservation(server: string, options: StoreCallOptions): Promise<void>;
  /**
   * Releases what this connection holds; the store lives on for others. Idempotent. A plugin that
   * closes waits for it, for two seconds at most.
   */
  close(): Promise<void>;
}

/** What a store tells of the server behind it, by the names that the server has for it. */
export type StoreFacts = Readonly<Record<string, string>>;

/**
 * Where the app servers of one application meet. `memoryStore` serves one process, `azureBlobStore`
 * and `redisStore` as many as there are; one of your own must keep the promises of `StoreConnection`.
 */
export interface CoordinationStore {
  /** What it is, for messages, such as `blob container "coordination"`; without any secret. */
  readonly description: string;
  /**
   * Origin beyond loopback that it reaches over `http://`: the plugin wants `service.allowInsecure`
   * for it. Absent for all others.
   */
  readonly insecureOrigin?: string | undefined;
  /**
   * Loads what the store needs, before it is opened; it is not held to the deadline of a call.
   *
   * @throws ResilientPubSubError `ERR_STORE_REFUSED` when that is not installed
   */
  load?(): Promise<void>;
  /**
   * Opens it for the plugins of one hub; those of other hubs have records of their own.
   *
   * @param hub Its name in lower case, since the service tells no hubs apart by case.
   * @throws ResilientPubSubError `ERR_STORE_REFUSED` when it will not do without a change of the
   *   configuration, else `ERR_STORE_UNAVAILABLE`
   */
  open(hub: string, options: StoreCallOptions): Promise<StoreConnection>;
  /**
   * Asks the server behind it how it is set up, for `diagnose`. Absent where there is nothing to ask.
   *
   * @throws ResilientPubSubError as `open` does, also where the server does not tell
   */
  inspect?(options: StoreCallOptions): Promise<StoreFacts>;
}
