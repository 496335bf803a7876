/** Tasks that run one after the other and that nobody waits for. */
export class Notifications {
  #last: Promise<unknown> = Promise.resolve();
  #waiting = 0;

  /** How many have not ended. */
  get size(): number {
    return this.#waiting;
  }

  /** The task must not reject. */
  add(task: () => Promise<unknown>): void {
    this.#waiting += 1;
    this.#last = this.#last.then(task).then(() => {
      this.#waiting -= 1;
    });
  }
}
