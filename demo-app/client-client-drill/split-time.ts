/** Measures for how long clients were connected to more than one endpoint. Times are monotonic milliseconds. */
export class SplitTime {
  readonly #counts = new Map<string, number>();
  #since: number | undefined;
  #totalInMs = 0;

  /** A client has left an endpoint, or arrived at one, or both. */
  moved(from: string | undefined, to: string | undefined, at: number): void {
    if (from !== undefined) this.#count(from, -1);
    if (to !== undefined) this.#count(to, 1);
    const isSplit = [...this.#counts.values()].filter((count) => count > 0).length > 1;
    if (isSplit) {
      this.#since ??= at;
    } else if (this.#since !== undefined) {
      this.#totalInMs += at - this.#since;
      this.#since = undefined;
    }
  }

  /** So far, and from now on it is counted from zero. */
  take(at: number): number {
    const totalInMs = this.#totalInMs + (this.#since === undefined ? 0 : at - this.#since);
    this.#totalInMs = 0;
    if (this.#since !== undefined) this.#since = at;
    return totalInMs;
  }

  #count(endpoint: string, by: number): void {
    this.#counts.set(endpoint, (this.#counts.get(endpoint) ?? 0) + by);
  }
}
