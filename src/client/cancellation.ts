import type { AbortSignalLike } from "./wire-types.ts";

type Listener = Parameters<AbortSignalLike["addEventListener"]>[1];

/**
 * An `AbortController` and its signal in one, with no event and no reason. A move makes a dozen, which
 * costs a tenth of what those of the platform do.
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
