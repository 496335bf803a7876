import { remember } from "../kit/remember.ts";
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
    remember(this.#homes, connectionId, home, this.#most);
  }

  forget(connectionId: string): void {
    this.#homes.delete(connectionId);
  }
}
