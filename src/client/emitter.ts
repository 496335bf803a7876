type Listener<Args> = (args: Args) => void;

/** Calls listeners in the order in which they came; what they throw hurts nobody but its author. */
export class Emitter<Events extends object> {
  /** A list is never changed: who is calling its listeners goes on with those that there were. */
  readonly #listeners = new Map<keyof Events, readonly Listener<never>[]>();

  on<Name extends keyof Events>(name: Name, listener: Listener<Events[Name]>): void {
    const listeners = this.#listenersTo(name);
    if (!listeners.includes(listener)) this.#listeners.set(name, [...listeners, listener]);
  }

  off<Name extends keyof Events>(name: Name, listener: Listener<Events[Name]>): void {
    const others = this.#listenersTo(name).filter((other) => other !== listener);
    this.#listeners.set(name, others);
  }

  emit<Name extends keyof Events>(name: Name, args: Events[Name]): void {
    for (const listener of this.#listenersTo(name)) {
      try {
        (listener as Listener<Events[Name]>)(args);
      } catch (error) {
        // Where it would have gone from any other callback: to the platform's own handler.
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }

  #listenersTo(name: keyof Events): readonly Listener<never>[] {
    return this.#listeners.get(name) ?? [];
  }
}
