import type { AbortSignalLike } from "../../contract/abort-signal.ts";
import { ResilientPubSubError } from "../../kit/errors.ts";
import { type Dial, RedisLink } from "./link.ts";
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
    eval: async (script, keys, args) => {
      // It would keep the command until it is connected, and by then nobody waits for it any more.
      if (client.isOpen === false) throw new Error("The client is closed");
      if (client.isReady === false) throw new Error("The client is not connected");
      return client.eval(script, { keys, arguments: args });
    },
    missed() {},
  };
}

/** A link that is there as long as one connection of the store is. */
export class OwnRedisAccess implements RedisAccess {
  readonly #dial: Dial;
  #link: RedisLink | undefined;
  #users = 0;

  constructor(dial: Dial) {
    this.#dial = dial;
  }

  async acquire(signal: AbortSignalLike): Promise<void> {
    this.#users += 1;
    this.#link ??= new RedisLink(this.#dial);
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

  missed(): void {
    this.#link?.dropIfSilent();
  }
}
