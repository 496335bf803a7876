import type { RedisClientLike } from "./options.ts";

/**
 * What a client of the app's own says when it connects anew, or goes elsewhere: a single client, one
 * behind sentinels, and one of a cluster. Not its errors: to listen to those is the app's.
 */
const EVENTS = ["reconnecting", "end", "topology-change", "node-reconnecting", "node-disconnect"];

interface Listenable {
  on(event: string, listener: (detail: unknown) => void): unknown;
  off(event: string, listener: (detail: unknown) => void): unknown;
}

/** @returns What ends it. */
export function watchClient(client: RedisClientLike, onLost: (error: unknown) => void): () => void {
  if (!isListenable(client)) return () => {};
  const listeners = EVENTS.map((event) => {
    const listener = (): void => onLost(new Error(`The client says ${event}`));
    client.on(event, listener);
    return [event, listener] as const;
  });
  return () => {
    for (const [event, listener] of listeners) client.off(event, listener);
  };
}

function isListenable(client: object): client is Listenable {
  return "on" in client && typeof client.on === "function" && "off" in client;
}
