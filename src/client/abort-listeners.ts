import type { AbortSignalLike } from "./wire-types.ts";

/** Listens to each signal once, however many wait for it: Node warns of more than ten listeners. */
export class AbortListeners {
  readonly #listeners = new Map<AbortSignalLike, Set<() => void>>();

  add(signal: AbortSignalLike, listener: () => void): void {
    const listeners = this.#listeners.get(signal);
    if (listeners) listeners.add(listener);
    else {
      this.#listeners.set(signal, new Set([listener]));
      signal.addEventListener("abort", this.#abort);
    }
  }

  remove(signal: AbortSignalLike, listener: () => void): void {
    const listeners = this.#listeners.get(signal);
    if (!listeners?.delete(listener) || listeners.size > 0) return;
    this.#listeners.delete(signal);
    signal.removeEventListener("abort", this.#abort);
  }

  readonly #abort = (): void => {
    for (const [signal, listeners] of this.#listeners) {
      if (!signal.aborted) continue;
      for (const listener of listeners) listener();
    }
  };
}
