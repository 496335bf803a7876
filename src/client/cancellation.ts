import type { AbortSignalLike } from "./wire-types.ts";

type Listener = Parameters<AbortSignalLike["addEventListener"]>[1];

/**
 * An `AbortController` and its signal in one, for what goes on within the client: a move makes a dozen, at a
 * tenth of what those of the platform cost. There is no event, no reason, and no option of a listener,
 * and none may throw. What asks others, such as `fetch`, is to have a real signal.
 */
export class Cancellation implements AbortSignalLike {
  aborted = false;
  readonly #listeners = new Set<Listener>();

  addEventListener(_type: "abort", listener: Listener): void {
    this.#listeners.add(listener);
  }

  removeEventListener(_type: "abort", listener: Listener): void {
    this.#listeners.delete(listener);
  }

  abort(): void {
    if (this.aborted) return;
    this.aborted = true;
    for (const listener of [...this.#listeners]) listener.call(this, undefined);
  }
}
