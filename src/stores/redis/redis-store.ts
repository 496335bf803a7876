import { randomUUID } from "node:crypto";
import type { AbortSignalLike } from "../../contract/abort-signal.ts";
import type {
  CoordinationStore,
  StoreCallOptions,
  StoreConnection,
  Versioned,
} from "../../contract/store.ts";
import { canonicalHub } from "../../kit/hub-name.ts";
import { maxObservations, maxTextBytes, refuseTooLong } from "../text-limit.ts";
import { type Backend, backendOf, callRedis, listIn } from "./backend.ts";
import { loadRedis } from "./dial.ts";
import { inspectRedis } from "./inspect.ts";
import { parseRedisOptions, type RedisStoreOptions } from "./options.ts";
import * as scripts from "./scripts.ts";

export { redisHistory } from "./history/redis-history.ts";
export type { RedisClientLike, RedisStoreOptions } from "./options.ts";

/**
 * Commands of one connection that have no answer. A client that keeps them for later, because its
 * cluster is away, must not be given one more with each poll.
 */
const maxUnanswered = 16;
const maxVersionLength = 64;
const COMMANDS = "EVAL and the commands of hashes";

/** One hub in redis. */
class RedisConnection implements StoreConnection {
  readonly #backend: Backend;
  readonly #agreement: string;
  readonly #observations: string;
  #isOpen = false;
  #unanswered = 0;

  constructor(backend: Backend, prefix: string, hub: string) {
    this.#backend = backend;
    // The braces make a cluster keep all keys of a hub on one server.
    const hubKey = `${prefix}:{${encodeURIComponent(canonicalHub(hub))}}`;
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
    const limits = [String(maxTextBytes + maxVersionLength)];
    const reply = await this.#eval(signal, scripts.READ_RECORD, this.#agreement, limits);
    const [version = null, text = null] = listIn(this.#backend, reply);
    if (version === null || text === null) return undefined;
    return { text: String(text), version: String(version) };
  }

  async replaceRecord(
    expected: string | undefined,
    text: string,
    { signal }: StoreCallOptions,
  ): Promise<string | undefined> {
    refuseTooLong(this.#backend.description, text);
    // A counter would give a version twice once redis has lost what it knew.
    const version = randomUUID();
    const args = [expected ?? "", version, text];
    const isWritten = await this.#eval(signal, scripts.REPLACE_RECORD, this.#agreement, args);
    // A client may be told to give numbers as texts.
    return Number(isWritten) === 1 ? version : undefined;
  }

  async readObservations({ signal }: StoreCallOptions): Promise<ReadonlyMap<string, string>> {
    const limits = [String(maxTextBytes), String(maxObservations)];
    const reply = await this.#eval(signal, scripts.READ_OBSERVATIONS, this.#observations, limits);
    const flat = listIn(this.#backend, reply);
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
    refuseTooLong(this.#backend.description, text);
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

  #eval(signal: AbortSignalLike, script: string, key: string, args: string[]) {
    return this.#call(signal, async () => {
      if (this.#unanswered >= maxUnanswered) {
        throw new Error(`${this.#unanswered} commands are still without an answer`);
      }
      this.#unanswered += 1;
      try {
        return await this.#backend.access.eval(script, [key], args);
      } finally {
        this.#unanswered -= 1;
      }
    });
  }

  #call<T>(signal: AbortSignalLike, operation: () => Promise<T>): Promise<T> {
    return callRedis(this.#backend, signal, operation);
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
  const parsed = parseRedisOptions(options, "redisStore");
  const backend = backendOf(parsed, COMMANDS, "coordination");
  return {
    description: backend.description,
    // The app's own client has been made by its own library.
    load: async () => void (parsed.client || (await loadRedis())),
    async open(hub, callOptions) {
      const connection = new RedisConnection(backend, parsed.prefix, hub);
      await connection.open(callOptions);
      return connection;
    },
    inspect: (callOptions) => inspectRedis(backend, `${parsed.prefix}:{}`, callOptions),
  };
}
