import { BoundedMap } from "../kit/bounded-map.ts";
import type { RegisteredEndpoint } from "./registered-endpoint.ts";

/** About 12 MB when full, and never more than 30; whoever is forgotten is only asked for on all endpoints again. */
const maxRemembered = 100_000;
/** Four times as long as those of the service; events and lists may hold anything. */
const maxIdLength = 128;

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
    if (connectionId.length <= maxIdLength) this.#locations.set(connectionId, location);
  }

  forget(connectionId: string): void {
    this.#locations.delete(connectionId);
  }
}
