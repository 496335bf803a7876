import type { AbortSignalLike } from "../../contract/abort-signal.ts";
import { ResilientPubSubError } from "../../kit/errors.ts";
import { UnknownScript } from "./failure.ts";
import { type Dial, RedisLink } from "./link.ts";
import type { RedisClientLike } from "./options.ts";
import { watchClient } from "./watch-client.ts";

/** How a store reaches redis. */
export interface RedisAccess {
  /** To be called by every connection; rejects when redis cannot be used, and then counts for nothing. */
  acquire(signal: AbortSignalLike): Promise<void>;
  release(): void;
  eval(script: string, keys: string[], args: string[]): Promise<unknown>;
  /** As `eval`, by the digest of the script: rejects when redis does not know it. */
  evalSha(digest: string, keys: string[], args: string[]): Promise<unknown>;
  /**
   * Has somebody told when a connection has broken, after which another server may answer.
   *
   * @returns What ends that.
   */
  watch(onLost: (error: unknown) => void): () => void;
  /** Told that somebody has waited for an answer in vain. */
  missed(): void;
}

/** The app's own client is the app's to care for. */
export function accessBy(client: RedisClientLike): RedisAccess {
  const checked = (): RedisClientLike => {
    // It would keep the command until it is connected, and by then nobody waits for it any more.
    if (client.isOpen === false) throw new Error("The client is closed");
    if (client.isReady === false) throw new Error("The client is not connected");
    return client;
  };
  const { evalSha } = client;
  return {
    acquire: async () => {},
    release() {},
    eval: async (script, keys, args) => checked().eval(script, { keys, arguments: args }),
    evalSha: async (digest, keys, args) => {
      if (!evalSha) throw new UnknownScript();
      return evalSha.call(checked(), digest, { keys, arguments: args });
    },
    watch: (onLost) => watchClient(client, onLost),
    missed() {},
  };
}

/** A link that is there as long as one connection of the store is. */
export class OwnRedisAccess implements RedisAccess {
  readonly #dial: Dial;
  readonly #watchers = new Set<(error: unknown) => void>();
  #link: RedisLink | undefined;
  #users = 0;

  constructor(dial: Dial) {
    this.#dial = dial;
  }

  async acquire(signal: AbortSignalLike): Promise<void> {
    this.#users += 1;
    this.#link ??= new RedisLink(this.#dial, (error) => {
      for (const onLost of [...this.#watchers]) onLost(error);
    });
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
    return this.#linked().call((client) => client.eval(script, { keys, arguments: args }));
  }

  async evalSha(digest: string, keys: string[], args: string[]): Promise<unknown> {
    return this.#linked().call((client) => client.evalSha(digest, { keys, arguments: args }));
  }

  watch(onLost: (error: unknown) => void): () => void {
    const watcher = (error: unknown): void => onLost(error);
    this.#watchers.add(watcher);
    return () => void this.#watchers.delete(watcher);
  }

  #linked(): RedisLink {
    if (this.#link) return this.#link;
    throw new ResilientPubSubError("ERR_CLOSED", "This connection is closed");
  }

  missed(): void {
    this.#link?.dropIfSilent();
  }
}
