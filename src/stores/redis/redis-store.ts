import { randomUUID } from "node:crypto";
import type { AbortSignalLike } from "../../contract/abort-signal.ts";
import type {
  CoordinationStore,
  StoreCallOptions,
  StoreConnection,
  Versioned,
} from "../../contract/store.ts";
import { reasonOf, unlessAborted } from "../../kit/deadline.ts";
import { isResilientPubSubError } from "../../kit/errors.ts";
import { accessBy, OwnRedisAccess, type RedisAccess } from "./access.ts";
import { redisError } from "./failure.ts";
import { parseRedisOptions, type RedisStoreOptions, secretsOf } from "./options.ts";
import * as scripts from "./scripts.ts";

export type { RedisClientLike, RedisStoreOptions } from "./options.ts";

/** What the connections of one store have in common. */
interface Backend {
  readonly access: RedisAccess;
  readonly description: string;
  readonly secrets: readonly string[];
}

/** One hub in redis. */
class RedisConnection implements StoreConnection {
  readonly #backend: Backend;
  readonly #agreement: string;
  readonly #observations: string;
  #isOpen = false;

  constructor(backend: Backend, prefix: string, hub: string) {
    this.#backend = backend;
    const hubKey = `${prefix}:{${encodeURIComponent(hub)}}`;
    this.#agreement = `${hubKey}:agreement`;
    this.#observations = `${hubKey}:observations`;
  }

  async open(options: StoreCallOptions): Promise<void> {
    await this.#call(options.signal, () => this.#backend.access.acquire(options.signal));
    this.#isOpen = true;
    try {
      // What the user may not do, and what other keys there are of these names, shows right away.
      await Promise.all([this.readRecord(options), this.readObservations(options)]);
    } catch (error) {
      await this.close();
      throw error;
    }
  }

  async readRecord({ signal }: StoreCallOptions): Promise<Versioned | undefined> {
    const reply = await this.#eval(signal, scripts.READ_RECORD, this.#agreement);
    const [version, text] = reply as unknown[];
    if (version === null || text === null) return undefined;
    return { text: String(text), version: String(version) };
  }

  async replaceRecord(
    expected: string | undefined,
    text: string,
    { signal }: StoreCallOptions,
  ): Promise<string | undefined> {
    // A counter would give a version twice once redis has lost what it knew.
    const version = randomUUID();
    const args = [expected ?? "", version, text];
    const isWritten = await this.#eval(signal, scripts.REPLACE_RECORD, this.#agreement, args);
    return isWritten ? version : undefined;
  }

  async readObservations({ signal }: StoreCallOptions): Promise<ReadonlyMap<string, string>> {
    const reply = await this.#eval(signal, scripts.READ_OBSERVATIONS, this.#observations);
    const [...flat] = reply as unknown[];
    const observations = new Map<string, string>();
    for (let at = 0; at < flat.length; at += 2) {
      observations.set(String(flat[at]), String(flat[at + 1]));
    }
    return observations;
  }

  async writeObservation(
    server: string,
    text: string,
    keepForInMs: number,
    { signal }: StoreCallOptions,
  ): Promise<void> {
    const args = [server, text, String(Math.ceil(keepForInMs))];
    await this.#eval(signal, scripts.WRITE_OBSERVATION, this.#observations, args);
  }

  async removeObservation(server: string, { signal }: StoreCallOptions): Promise<void> {
    await this.#eval(signal, scripts.REMOVE_OBSERVATION, this.#observations, [server]);
  }

  async close(): Promise<void> {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#backend.access.release();
  }

  #eval(signal: AbortSignalLike, script: string, key: string, args: string[] = []) {
    return this.#call(signal, () => this.#backend.access.eval(script, [key], args));
  }

  async #call<T>(signal: AbortSignalLike, operation: () => Promise<T>): Promise<T> {
    if (signal.aborted) throw reasonOf(signal);
    const { access, description, secrets } = this.#backend;
    try {
      return await unlessAborted(signal, operation());
    } catch (error) {
      if (signal.aborted) access.missed();
      if (signal.aborted || isResilientPubSubError(error)) throw error;
      throw redisError(description, error, secrets);
    }
  }
}

/**
 * A store in redis 6 or later, or in one of its kind that runs Lua scripts, for any number of servers.
 * Two keys for each hub; the observation of a server expires by itself. Needs the package `redis`.
 *
 * @throws InvalidOptionsError
 * @example
 * ```ts
 * import { endpointsFromEnv, resilientPubSub } from "express-resilient-pubsub";
 * import { redisStore } from "express-resilient-pubsub/stores/redis";
 *
 * const pubsub = resilientPubSub({
 *   hub: "chat",
 *   endpoints: endpointsFromEnv(),
 *   topology: "client-client",
 *   coordination: { store: redisStore({ url: process.env.REDIS_URL ?? "", prefix: "my-app" }) },
 *   negotiate: { allowAnonymous: true },
 * });
 * ```
 */
export function redisStore(options: RedisStoreOptions): CoordinationStore {
  const { url, client, prefix } = parseRedisOptions(options);
  const backend: Backend = client
    ? { access: accessBy(client), description: `redis, keys "${prefix}:*"`, secrets: [] }
    : {
        access: new OwnRedisAccess(url),
        description: `redis at ${new URL(url).host}, keys "${prefix}:*"`,
        secrets: secretsOf(url),
      };
  return {
    description: backend.description,
    async open(hub, callOptions) {
      const connection = new RedisConnection(backend, prefix, hub);
      await connection.open(callOptions);
      return connection;
    },
  };
}
