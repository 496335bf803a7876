/** Does one thing after the other, so that nobody sees the world half changed. */
export class InTurn {
  #last: Promise<unknown> = Promise.resolve();

  /** @throws whatever the task throws; the next one is done all the same */
  run<T>(task: () => T | Promise<T>): Promise<T> {
    const result = this.#last.then(task);
    this.#last = result.catch(() => {});
    return result;
  }

  /** Resolves when everything that was asked for so far is done. */
  async idle(): Promise<void> {
    await this.#last;
  }
}
