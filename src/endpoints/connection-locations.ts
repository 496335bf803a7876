import { BoundedMap } from "../kit/bounded-map.ts";
import type { RegisteredEndpoint } from "./registered-endpoint.ts";

/** About 12 MB when full; whoever is forgotten is only asked for on all endpoints again. */
const maxRemembered = 100_000;

/**
 * On which endpoint each connection lives, as far as it is known: from signed events and from
 * answers of the service. A connection never moves, so what is known stays true until it is gone.
 */
export class ConnectionLocations {
  readonly #locations: BoundedMap<string, RegisteredEndpoint>;

  constructor(maxSize = maxRemembered) {
    this.#locations = new BoundedMap(maxSize);
  }

  locationOf(connectionId: string): RegisteredEndpoint | undefined {
    return this.#locations.get(connectionId);
  }

  learn(connectionId: string, location: RegisteredEndpoint): void {
    this.#locations.set(connectionId, location);
  }

  forget(connectionId: string): void {
    this.#locations.delete(connectionId);
  }
}
