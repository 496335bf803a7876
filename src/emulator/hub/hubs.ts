import { canonicalHub } from "../names.ts";
import { Hub } from "./hub.ts";

/** Every hub that somebody has used. A hub needs no settings: it is there when it is asked for. */
export class Hubs {
  readonly #hubs = new Map<string, Hub>();

  get(name: string): Hub {
    const key = canonicalHub(name);
    let hub = this.#hubs.get(key);
    if (!hub) {
      hub = new Hub(key);
      this.#hubs.set(key, hub);
    }
    return hub;
  }

  /** Forgets all state, as a crash does. */
  clear(): void {
    this.#hubs.clear();
  }
}
