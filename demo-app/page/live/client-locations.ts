import type { ClientChange } from "../../contract/live.ts";

export interface Whereabouts {
  readonly home: number;
  /** -1 without a connection. */
  readonly endpoint: number;
}

/** Who of the crowd is where. */
export class Census {
  readonly #clients = new Map<number, Whereabouts>();
  /** By home and endpoint, as `home:endpoint`. */
  readonly #counts = new Map<string, number>();

  get clients(): ReadonlyMap<number, Whereabouts> {
    return this.#clients;
  }

  apply(changes: readonly ClientChange[]): void {
    for (const [id, home, endpoint] of changes) {
      const before = this.#clients.get(id);
      if (before) this.#count(before, -1);
      if (home < 0) {
        this.#clients.delete(id);
        continue;
      }
      const now = { home, endpoint };
      this.#clients.set(id, now);
      this.#count(now, 1);
    }
  }

  clear(): void {
    this.#clients.clear();
    this.#counts.clear();
  }

  /** Clients of that home on that endpoint; -1 is none. */
  at(home: number, endpoint: number): number {
    return this.#counts.get(`${home}:${endpoint}`) ?? 0;
  }

  ofHome(home: number): number {
    return this.#sum((key) => key.startsWith(`${home}:`));
  }

  on(endpoint: number): number {
    return this.#sum((key) => key.endsWith(`:${endpoint}`));
  }

  #sum(fits: (key: string) => boolean): number {
    let sum = 0;
    for (const [key, number] of this.#counts) if (fits(key)) sum += number;
    return sum;
  }

  #count({ home, endpoint }: Whereabouts, by: number): void {
    const key = `${home}:${endpoint}`;
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + by);
  }
}
