import type { StoreCallOptions, StoreFacts } from "../../contract/store.ts";
import { type Backend, callRedis } from "./backend.ts";

const SCRIPT = 'return redis.call("INFO")';

/**
 * What the server of a store says of itself, by its names for it.
 *
 * @param key One of the store's, by which a cluster chooses the server.
 * @throws ResilientPubSubError as `CoordinationStore.open` does, also where scripts may not ask
 */
export async function inspectRedis(
  backend: Backend,
  key: string,
  { signal }: StoreCallOptions,
): Promise<StoreFacts> {
  const { access } = backend;
  await callRedis(backend, signal, () => access.acquire(signal));
  try {
    const info = await callRedis(backend, signal, () => access.eval(SCRIPT, [key], []));
    return Object.fromEntries(String(info).split(/\r?\n/).flatMap(readLine));
  } finally {
    access.release();
  }
}

function readLine(line: string): [string, string][] {
  const [, name, value = ""] = /^([a-z_0-9]+):(.*)$/.exec(line) ?? [];
  return name === undefined ? [] : [[name, value]];
}
