import type { Request } from "express";
import type { HistoryStore } from "./history-store.ts";

/** Whose stream a client would read, in `history.authorize`. */
export interface HistoryReader {
  /** The user that negotiate has given the token for. */
  readonly userId: string;
  /** Name of the group. */
  readonly group: string;
}

/**
 * Tells whether a client may read what was sent to a group that its token does not name and does not
 * let it join, such as one that the application has put it in. If it throws or rejects, it may not,
 * and a `handlerError` event has the error.
 */
export type AuthorizeHistory = (req: Request, reader: HistoryReader) => boolean | Promise<boolean>;

/**
 * What was sent is kept for a while, so that clients catch up with what they missed while they
 * moved, and endpoints that did not accept a message are sent it again.
 *
 * @example
 * ```ts
 * const history: HistoryOptions = {
 *   store: redisHistory({ url: process.env.REDIS_URL! }), // of express-resilient-pubsub/stores/redis
 *   groups: (name) => !name.startsWith("cursor-"), // nobody wants those of yesterday
 * };
 * ```
 */
export interface HistoryOptions {
  /**
   * Where it is kept: `redisHistory` for any number of app servers. The default is only right for an
   * app with a single server.
   * @default memoryHistory()
   */
  store?: HistoryStore | undefined;
  /**
   * The most messages that are kept of one stream, 1 to 100,000.
   * @default 1000
   */
  maxMessages?: number | undefined;
  /**
   * For how many milliseconds a message is kept, from 1000 to a day. Clients that are away for longer
   * are told that they have missed something.
   * @default 300000
   */
  ttlInMs?: number | undefined;
  /**
   * The most bytes that are kept of one stream, 16,384 to 1 GiB. A message of more than a quarter of it
   * is sent, but not kept.
   * @default 8388608
   */
  maxBytesPerStream?: number | undefined;
  /**
   * How much longer a message may take because it is kept, in milliseconds, 1 to 60,000. When the store
   * has not answered by then, messages are sent without being kept, until it is back.
   * @default 100
   */
  appendTimeoutInMs?: number | undefined;
  /**
   * Tells by the name of a group whether its messages are kept. If it throws they are not, and a
   * `handlerError` event has the error.
   * @default all groups
   */
  groups?: ((name: string) => boolean) | undefined;
  /**
   * How a position travels with its message. `metadata`: beside it, where clients that know nothing of
   * it notice nothing. `data`: inside JSON objects, as a member `$rps` that all clients see, for a
   * service that does not pass metadata on; other messages are not kept then.
   * @default "metadata"
   */
  carrier?: "metadata" | "data" | undefined;
  /**
   * Tells who may read a group that is not in the token.
   * @default nobody
   */
  authorize?: AuthorizeHistory | undefined;
  /**
   * How many of its last messages a client gets that has just joined a group, 0 to 100; or a function
   * that says so by the name of the group.
   * @default 0
   */
  replayOnJoin?: number | ((group: string) => number) | undefined;
}
