const maxRows = 150;

/** A list that what comes later is put on top of; what is below the last row is dropped. */
export class NewestFirst<T extends { readonly id: number }> {
  readonly #list: HTMLElement;
  readonly #row: (entry: T) => HTMLElement;
  #snapshotNumber = 0;
  #lastId = 0;

  constructor(list: HTMLElement, row: (entry: T) => HTMLElement) {
    this.#list = list;
    this.#row = row;
  }

  /**
   * @param entries All that are known, the oldest first. With another snapshot their numbers begin anew.
   * @returns the newest, if there is one that was not there before
   */
  draw(entries: readonly T[], snapshotNumber: number): T | undefined {
    if (snapshotNumber !== this.#snapshotNumber) {
      this.#snapshotNumber = snapshotNumber;
      this.#lastId = 0;
      this.#list.replaceChildren();
    }
    const added = entries.filter(({ id }) => id > this.#lastId);
    const newest = added.at(-1);
    if (newest === undefined) return undefined;
    this.#lastId = newest.id;
    this.#list.prepend(...added.reverse().map(this.#row));
    while (this.#list.childElementCount > maxRows) this.#list.lastElementChild?.remove();
    return newest;
  }
}
