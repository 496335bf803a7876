import { SerialQueue } from "../../kit/serial-queue.ts";

/** Tasks that run one after the other and that nobody waits for. */
export class NotificationQueue {
  readonly #queue = new SerialQueue();
  #size = 0;

  /** How many have not ended. */
  get size(): number {
    return this.#size;
  }

  /** The task must not reject. */
  add(task: () => Promise<unknown>): void {
    this.#size += 1;
    void this.#queue.run(task).then(() => {
      this.#size -= 1;
    });
  }
}
