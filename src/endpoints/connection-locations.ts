import { BoundedMap } from "../kit/bounded-map.ts";
import { maxRememberedConnectionIdLength } from "../kit/service-limits.ts";
import type { RegisteredEndpoint } from "./registered-endpoint.ts";

/** About 12 MB when full, and never more than 30; whoever is forgotten is only asked for on all endpoints again. */
const maxRemembered = 100_000;

/**
 * On which endpoint each connection lives, as far as it is known. What the service has answered is
 * proven: a connection never moves, so that stays true until it is gone. What an event says is a
 * claim, since a signature proves that the sender has a key, and not where a connection lives. The
 * two are kept apart, so that no flood of claims displaces what is proven.
 */
export class ConnectionLocations {
  readonly #proven: BoundedMap<string, RegisteredEndpoint>;
  readonly #claimed: BoundedMap<string, RegisteredEndpoint>;

  /** @param maxSize How many are remembered, of either kind. */
  constructor(maxSize = maxRemembered) {
    this.#proven = new BoundedMap(maxSize);
    this.#claimed = new BoundedMap(maxSize);
  }

  /** Where the service has said that it is. */
  locationOf(connectionId: string): RegisteredEndpoint | undefined {
    return this.#proven.get(connectionId);
  }

  /** Where an event says that it is; nothing to rely on before the service has been asked. */
  claimedLocationOf(connectionId: string): RegisteredEndpoint | undefined {
    return this.#claimed.get(connectionId);
  }

  /** The service itself has answered that it is there. */
  learn(connectionId: string, location: RegisteredEndpoint): void {
    if (connectionId.length > maxRememberedConnectionIdLength) return;
    this.#proven.set(connectionId, location);
    this.#claimed.delete(connectionId);
  }

  /**
   * An event with the signature of an endpoint says that it is there. The first one to say so is
   * believed until the service is asked, and nobody against what the service has said.
   */
  claim(connectionId: string, location: RegisteredEndpoint): void {
    if (
      connectionId.length > maxRememberedConnectionIdLength ||
      stays(this.#proven.get(connectionId))
    )
      return;
    const claimed = this.#claimed.get(connectionId);
    // Once more for one that is known, so that it is among the newest.
    this.#claimed.set(connectionId, claimed && stays(claimed) ? claimed : location);
  }

  /** It is not, or not any more, there; what another endpoint says of it is no reason to forget it. */
  forget(connectionId: string, location: RegisteredEndpoint): void {
    for (const locations of [this.#proven, this.#claimed]) {
      if (locations.get(connectionId) === location) locations.delete(connectionId);
    }
  }
}

/** What is known of an endpoint that is being removed is of no more use soon. */
const stays = (endpoint: RegisteredEndpoint | undefined): boolean =>
  endpoint !== undefined && !endpoint.leaving;
