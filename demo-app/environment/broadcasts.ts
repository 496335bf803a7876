import { FanOutError, type FanOutReport, type ResilientPubSub } from "express-resilient-pubsub";
import type { ChatMessage } from "../contract/live.ts";

interface Server {
  readonly region: string;
  readonly pubsub: ResilientPubSub | undefined;
}

/** What app servers broadcast to all clients, numbered; each running one does so every so often. */
export class Broadcasts {
  readonly #servers: readonly Server[];
  /** The last number of each app server. */
  readonly #numbers = new Map<string, number>();
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
    if (everyInMs > 0) this.#timer = setInterval(() => this.#sendFromAll(), everyInMs).unref();
  }

  /** @returns the report also when nobody was reached */
  async send(pubsub: ResilientPubSub, region: string, text: string): Promise<FanOutReport> {
    const number = (this.#numbers.get(region) ?? 0) + 1;
    this.#numbers.set(region, number);
    const from = `${region} app server`;
    const message: ChatMessage = { kind: "broadcast", from, text, server: region, number };
    try {
      return await pubsub.broadcast(message);
    } catch (error) {
      if (error instanceof FanOutError) return error.report;
      throw error;
    }
  }

  close(): void {
    this.setEvery(0);
  }

  #sendFromAll(): void {
    this.#count += 1;
    for (const { region, pubsub } of this.#servers) {
      // That nobody was reached shows in the figures, a line for each would drown all others.
      if (pubsub) void this.send(pubsub, region, `Broadcast ${this.#count}`).catch(() => {});
    }
  }
}
