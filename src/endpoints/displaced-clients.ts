import { BoundedMap } from "../kit/bounded-map.ts";
import type { RegisteredEndpoint } from "./registered-endpoint.ts";

/** Of each endpoint; whoever is forgotten is still in the marker group, unless it has left it. */
const maxRemembered = 10_000;

/**
 * Clients of which events have told that they are displaced. The marker group of the service tells it
 * of all of them, but a client that may leave any group can leave that one.
 */
export class DisplacedClients {
  readonly #primaries = new WeakMap<RegisteredEndpoint, BoundedMap<string, string>>();
  readonly #maxSize: number;

  /** @param maxSize How many are remembered of each endpoint. */
  constructor(maxSize = maxRemembered) {
    this.#maxSize = maxSize;
  }

  /** @param primary The one that the client belongs to, by its name. */
  add(connectionId: string, location: RegisteredEndpoint, primary: string): void {
    const known = this.#primaries.get(location) ?? new BoundedMap<string, string>(this.#maxSize);
    known.set(connectionId, primary);
    this.#primaries.set(location, known);
  }

  /** It has gone, as that endpoint says. */
  forget(connectionId: string, location: RegisteredEndpoint): void {
    this.#primaries.get(location)?.delete(connectionId);
  }

  /** How many are remembered of an endpoint. */
  countOn(location: RegisteredEndpoint): number {
    return this.#primaries.get(location)?.size ?? 0;
  }

  /** The connections on an endpoint that belong to one primary, those first that were added first. */
  of(location: RegisteredEndpoint, primary: string): string[] {
    const known = [...(this.#primaries.get(location)?.entries() ?? [])];
    return known.filter(([, of]) => of === primary).map(([connectionId]) => connectionId);
  }
}
