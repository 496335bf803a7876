import { canonicalHub } from "../contract/names.ts";
import { Hub } from "./hub.ts";

const minHubsToSweep = 1000;

/**
 * Every hub that somebody is connected to. A hub needs no settings: it is there when it is asked
 * for, and since any name will do, those that nobody is connected to are forgotten when they are
 * many. So nobody may hold on to one without being connected to it.
 */
export class Hubs {
  readonly #hubs = new Map<string, Hub>();
  #hubsToSweep = minHubsToSweep;

  get(name: string): Hub {
    const key = canonicalHub(name);
    let hub = this.#hubs.get(key);
    if (!hub) {
      if (this.#hubs.size >= this.#hubsToSweep) this.#sweep();
      hub = new Hub(key);
      this.#hubs.set(key, hub);
    }
    return hub;
  }

  get size(): number {
    return this.#hubs.size;
  }

  /** Forgets all state, as a crash does. */
  clear(): void {
    this.#hubs.clear();
  }

  #sweep(): void {
    for (const [key, hub] of this.#hubs) {
      if (hub.isEmpty) this.#hubs.delete(key);
    }
    this.#hubsToSweep = Math.max(minHubsToSweep, 2 * this.#hubs.size);
  }
}
