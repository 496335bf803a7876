import type { AbortSignalLike } from "./wire-types.ts";

type Listener = Parameters<AbortSignalLike["addEventListener"]>[1];

/**
 * An `AbortController` and its signal in one, for what goes on within the client: a move makes a dozen, at a
 * tenth of what those of the platform cost. There is no event, no reason, and no option of a listener;
 * each must not throw, and is told once for each time that it was added. What asks others, such as
 * `fetch`, is to have a real signal.
 */
export class Cancellation implements AbortSignalLike {
  #listeners: readonly Listener[] = [];
  #isAborted = false;

  get aborted(): boolean {
    return this.#isAborted;
  }

  addEventListener(_type: "abort", listener: Listener): void {
    this.#listeners = [...this.#listeners, listener];
  }

  removeEventListener(_type: "abort", listener: Listener): void {
    this.#listeners = this.#listeners.filter((other) => other !== listener);
  }

  abort(): void {
    if (this.#isAborted) return;
    this.#isAborted = true;
    for (const listener of this.#listeners) listener.call(this, undefined);
    this.#listeners = [];
  }
}
