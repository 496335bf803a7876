import type { AbortSignalLike } from "../../contract/abort-signal.ts";
import { ResilientPubSubError } from "../../kit/errors.ts";
import { RedisLink } from "./link.ts";
import type { RedisClientLike } from "./options.ts";

/** How a store reaches redis. */
export interface RedisAccess {
  /** To be called by every connection; rejects when redis cannot be used, and then counts for nothing. */
  acquire(signal: AbortSignalLike): Promise<void>;
  release(): void;
  eval(script: string, keys: string[], args: string[]): Promise<unknown>;
  /** Told that somebody has waited for an answer in vain. */
  missed(): void;
}

/** The app's own client is the app's to care for. */
export function accessBy(client: RedisClientLike): RedisAccess {
  return {
    acquire: async () => {},
    release() {},
    eval: (script, keys, args) => client.eval(script, { keys, arguments: args }),
    missed() {},
  };
}

/** A call that is ended sooner says nothing about the connection. */
const SUSPICIOUS_SILENCE_IN_MS = 1_000;

/** A client that is there as long as one connection of the store is. */
export class OwnRedisAccess implements RedisAccess {
  readonly #url: string;
  #link: RedisLink | undefined;
  #users = 0;

  constructor(url: string) {
    this.#url = url;
  }

  async acquire(signal: AbortSignalLike): Promise<void> {
    this.#users += 1;
    this.#link ??= new RedisLink(this.#url);
    try {
      await this.#link.ready(signal);
    } catch (error) {
      this.release();
      throw error;
    }
  }

  release(): void {
    this.#users -= 1;
    if (this.#users > 0) return;
    this.#link?.end();
    this.#link = undefined;
  }

  async eval(script: string, keys: string[], args: string[]): Promise<unknown> {
    if (!this.#link) throw new ResilientPubSubError("ERR_CLOSED", "This connection is closed");
    return this.#link.eval(script, keys, args);
  }

  /** A peer that vanished without a word would keep the system trying for a quarter of an hour. */
  missed(): void {
    if (!this.#link || this.#link.silenceInMs < SUSPICIOUS_SILENCE_IN_MS) return;
    this.#link.end();
    this.#link = new RedisLink(this.#url);
  }
}
