/** A map of the newest entries: when it is full, the oldest one makes room. */
export class BoundedMap<Key, Value> {
  readonly #entries = new Map<Key, Value>();
  readonly #maxSize: number;

  constructor(maxSize: number) {
    this.#maxSize = maxSize;
  }

  get(key: Key): Value | undefined {
    return this.#entries.get(key);
  }

  /** Makes it the newest entry, whether or not there was one of this key. */
  set(key: Key, value: Value): void {
    this.#entries.delete(key);
    this.#entries.set(key, value);
    if (this.#entries.size <= this.#maxSize) return;
    for (const oldest of this.#entries.keys()) {
      this.#entries.delete(oldest);
      return;
    }
  }

  /** From the oldest to the newest. */
  entries(): Iterable<[Key, Value]> {
    return this.#entries.entries();
  }

  delete(key: Key): void {
    this.#entries.delete(key);
  }
}
