import type { RegisteredEndpoint } from "./registered-endpoint.ts";

/** About 12 MB when full; whoever is forgotten is only asked for on all endpoints again. */
const mostRemembered = 100_000;

/**
 * On which endpoint each connection lives, as far as it is known: from signed events and from
 * answers of the service. A connection never moves, so what is known stays true until it is gone.
 */
export class ConnectionHomes {
  readonly #homes = new Map<string, RegisteredEndpoint>();
  readonly #most: number;

  constructor(most = mostRemembered) {
    this.#most = most;
  }

  homeOf(connectionId: string): RegisteredEndpoint | undefined {
    return this.#homes.get(connectionId);
  }

  learn(connectionId: string, home: RegisteredEndpoint): void {
    // Those not heard of for the longest time come first, and are forgotten first.
    this.#homes.delete(connectionId);
    this.#homes.set(connectionId, home);
    if (this.#homes.size <= this.#most) return;
    const [oldest] = this.#homes.keys();
    if (oldest !== undefined) this.#homes.delete(oldest);
  }

  forget(connectionId: string): void {
    this.#homes.delete(connectionId);
  }
}
