/** What has happened, in order, and promises for the first entry that fits. */
export class ObservableLog<T> {
  readonly #keeps: number;
  readonly #listeners = new Set<(entry: T) => void>();
  #entries: T[] = [];

  /** @param keeps So many of the last entries at least; older ones are forgotten. Default: all. */
  constructor(keeps = Number.POSITIVE_INFINITY) {
    this.#keeps = keeps;
  }

  get entries(): readonly T[] {
    return this.#entries;
  }

  add(entry: T): void {
    this.#entries.push(entry);
    if (this.#entries.length > 2 * this.#keeps) this.#entries = this.#entries.slice(-this.#keeps);
    for (const listener of [...this.#listeners]) listener(entry);
  }

  /** Tells every entry to come. @returns What ends that. */
  onAdd(listener: (entry: T) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Looks among the entries so far, and then at those to come. */
  first(fits: (entry: T) => boolean): Promise<T> {
    const known = this.#entries.find(fits);
    if (known !== undefined) return Promise.resolve(known);
    return new Promise((resolve) => {
      const end = this.onAdd((entry) => {
        if (!fits(entry)) return;
        end();
        resolve(entry);
      });
    });
  }
}
