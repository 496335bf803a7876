import type { ClientChange } from "../../contract/live.ts";

export interface ClientLocation {
  readonly homeRegion: number;
  /** -1 without a connection. */
  readonly endpoint: number;
}

/** Which endpoint each simulated client is on. */
export class ClientLocations {
  readonly #clients = new Map<number, ClientLocation>();
  /** By home region and endpoint, as `homeRegion:endpoint`. */
  readonly #counts = new Map<string, number>();

  get clients(): ReadonlyMap<number, ClientLocation> {
    return this.#clients;
  }

  apply(changes: readonly ClientChange[]): void {
    for (const [id, homeRegion, endpoint] of changes) {
      const before = this.#clients.get(id);
      if (before) this.#addToCount(before, -1);
      if (homeRegion < 0) {
        this.#clients.delete(id);
        continue;
      }
      const now = { homeRegion, endpoint };
      this.#clients.set(id, now);
      this.#addToCount(now, 1);
    }
  }

  clear(): void {
    this.#clients.clear();
    this.#counts.clear();
  }

  /** Clients of that home region on that endpoint; -1 is none. */
  at(homeRegion: number, endpoint: number): number {
    return this.#counts.get(`${homeRegion}:${endpoint}`) ?? 0;
  }

  inHomeRegion(homeRegion: number): number {
    return this.#sum((key) => key.startsWith(`${homeRegion}:`));
  }

  on(endpoint: number): number {
    return this.#sum((key) => key.endsWith(`:${endpoint}`));
  }

  #sum(fits: (key: string) => boolean): number {
    let sum = 0;
    for (const [key, number] of this.#counts) if (fits(key)) sum += number;
    return sum;
  }

  #addToCount({ homeRegion, endpoint }: ClientLocation, by: number): void {
    const key = `${homeRegion}:${endpoint}`;
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + by);
  }
}
