import type { ClientChange, ClientView } from "../contract/live.ts";

/** Where the clients are, by the indices that the page knows, and what has changed since it was last told. */
export class ClientChanges {
  readonly #homes: readonly string[];
  readonly #endpoints: readonly string[];
  #told = new Map<number, ClientChange>();

  constructor(homes: readonly string[], endpoints: readonly string[]) {
    this.#homes = homes;
    this.#endpoints = endpoints;
  }

  /** What has been told so far, all of it. */
  get all(): readonly ClientChange[] {
    return [...this.#told.values()];
  }

  take(clients: readonly ClientView[]): readonly ClientChange[] {
    const now = new Map(clients.map((client) => [client.id, this.#placeOf(client)]));
    const moved = [...now.values()].filter((it) => !isSame(it, this.#told.get(it[0])));
    const gone = [...this.#told.keys()].filter((id) => !now.has(id));
    this.#told = now;
    return [...moved, ...gone.map((id): ClientChange => [id, -1, -1])];
  }

  #placeOf({ id, home, endpoint }: ClientView): ClientChange {
    const at = endpoint === null ? -1 : this.#endpoints.indexOf(endpoint);
    return [id, this.#homes.indexOf(home), at];
  }
}

function isSame(one: ClientChange, other: ClientChange | undefined): boolean {
  return other !== undefined && one.every((value, index) => value === other[index]);
}
