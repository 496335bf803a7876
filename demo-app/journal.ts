/** A list that only grows, and promises for the first entry that fits. */
export class Journal<T> {
  readonly #entries: T[] = [];
  readonly #waiting = new Set<(entry: T) => void>();

  get entries(): readonly T[] {
    return this.#entries;
  }

  add(entry: T): void {
    this.#entries.push(entry);
    for (const offer of this.#waiting) offer(entry);
  }

  /** Looks among the entries so far, and then at those to come. */
  first(fits: (entry: T) => boolean): Promise<T> {
    const known = this.#entries.find(fits);
    if (known !== undefined) return Promise.resolve(known);
    return new Promise((resolve) => {
      const offer = (entry: T): void => {
        if (!fits(entry)) return;
        this.#waiting.delete(offer);
        resolve(entry);
      };
      this.#waiting.add(offer);
    });
  }
}
