import { FanOutError, type FanOutReport, type ResilientPubSub } from "express-resilient-pubsub";
import type { ChatMessage } from "../contract/live.ts";

interface Server {
  readonly region: string;
  readonly pubsub: ResilientPubSub | undefined;
}

/** Each running app server broadcasts to all clients, every so often. */
export class PeriodicBroadcasts {
  readonly #servers: readonly Server[];
  #everyInMs = 0;
  #count = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(servers: readonly Server[]) {
    this.#servers = servers;
  }

  get everyInMs(): number {
    return this.#everyInMs;
  }

  /** @param everyInMs 0 is never. */
  setEvery(everyInMs: number): void {
    clearInterval(this.#timer);
    this.#everyInMs = everyInMs;
    if (everyInMs > 0) this.#timer = setInterval(() => this.#broadcastAll(), everyInMs).unref();
  }

  close(): void {
    this.setEvery(0);
  }

  #broadcastAll(): void {
    this.#count += 1;
    for (const { region, pubsub } of this.#servers) {
      // That nobody was reached shows in the figures, a line for each would drown all others.
      if (pubsub) void broadcast(pubsub, region, `Broadcast ${this.#count}`).catch(() => {});
    }
  }
}

/** @returns the report also when nobody was reached */
export async function broadcast(
  pubsub: ResilientPubSub,
  region: string,
  text: string,
): Promise<FanOutReport> {
  const from = `${region} app server`;
  const message: ChatMessage = { kind: "broadcast", from, text, server: region };
  try {
    return await pubsub.broadcast(message);
  } catch (error) {
    if (error instanceof FanOutError) return error.report;
    throw error;
  }
}
