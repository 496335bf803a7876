import type { ClientChange, ClientView } from "../contract/live.ts";

/** Where the clients are, by the indices that the page knows, and what has changed since it was last sent. */
export class ClientChanges {
  readonly #homeRegions: readonly string[];
  readonly #endpoints: readonly string[];
  #sent = new Map<number, ClientChange>();

  constructor(homeRegions: readonly string[], endpoints: readonly string[]) {
    this.#homeRegions = homeRegions;
    this.#endpoints = endpoints;
  }

  /** All that has been sent so far. */
  get all(): readonly ClientChange[] {
    return [...this.#sent.values()];
  }

  takeChanges(clients: readonly ClientView[]): readonly ClientChange[] {
    const now = new Map(clients.map((client) => [client.id, this.#locationOf(client)]));
    const moved = [...now.values()].filter((it) => !isSame(it, this.#sent.get(it[0])));
    const gone = [...this.#sent.keys()].filter((id) => !now.has(id));
    this.#sent = now;
    return [...moved, ...gone.map((id): ClientChange => [id, -1, -1])];
  }

  #locationOf({ id, homeRegion, endpoint }: ClientView): ClientChange {
    const at = endpoint === null ? -1 : this.#endpoints.indexOf(endpoint);
    return [id, this.#homeRegions.indexOf(homeRegion), at];
  }
}

function isSame(one: ClientChange, other: ClientChange | undefined): boolean {
  return other !== undefined && one.every((value, index) => value === other[index]);
}
