import type { CoordinationStore, StoreConnection, Versioned } from "../contract/store.ts";
import { canonicalHub } from "../kit/hub-name.ts";
import { refuseTooLong } from "./text-limit.ts";

const DESCRIPTION = "memory";

/** What the plugins of one hub have in common. */
class Hub implements StoreConnection {
  #record: Versioned | undefined;
  #writes = 0;
  readonly #observations = new Map<string, string>();

  async readRecord(): Promise<Versioned | undefined> {
    return this.#record;
  }

  async replaceRecord(expected: string | undefined, text: string): Promise<string | undefined> {
    refuseTooLong(DESCRIPTION, text);
    if (this.#record?.version !== expected) return undefined;
    this.#writes += 1;
    this.#record = { text, version: String(this.#writes) };
    return this.#record.version;
  }

  async readObservations(): Promise<ReadonlyMap<string, string>> {
    return new Map(this.#observations);
  }

  async writeObservation(server: string, text: string): Promise<void> {
    refuseTooLong(DESCRIPTION, text);
    this.#observations.set(server, text);
  }

  async removeObservation(server: string): Promise<void> {
    this.#observations.delete(server);
  }

  async close(): Promise<void> {}
}

/**
 * A store in the memory of this process: for an app with one server, and for tests. Give the same
 * store to all plugins of the process that should agree.
 *
 * @example
 * ```ts
 * import { endpointsFromEnv, memoryStore, resilientPubSub } from "express-resilient-pubsub";
 *
 * const pubsub = resilientPubSub({
 *   hub: "chat",
 *   endpoints: endpointsFromEnv(),
 *   topology: "client-client",
 *   coordination: { store: memoryStore() },
 *   negotiate: { allowAnonymous: true },
 * });
 * ```
 */
export function memoryStore(): CoordinationStore {
  const hubs = new Map<string, Hub>();
  return {
    description: DESCRIPTION,
    async open(hub) {
      const name = canonicalHub(hub);
      const known = hubs.get(name) ?? new Hub();
      hubs.set(name, known);
      return known;
    },
  };
}
