/**
 * What is under way has a bound by number and by bytes: a redis that does not answer must not fill
 * the memory of everybody who waits for it.
 */
export class InFlight {
  readonly #maxCalls: number;
  readonly #maxBytes: number;
  #calls = 0;
  #bytes = 0;

  constructor(maxCalls: number, maxBytes: number) {
    this.#maxCalls = maxCalls;
    this.#maxBytes = maxBytes;
  }

  /** @throws Error when too much has no answer yet */
  async run<T>(bytes: number, call: () => Promise<T>): Promise<T> {
    if (
      this.#calls >= this.#maxCalls ||
      (this.#calls > 0 && this.#bytes + bytes > this.#maxBytes)
    ) {
      throw new Error(
        `${this.#calls} commands of ${this.#bytes} bytes are still without an answer`,
      );
    }
    this.#calls += 1;
    this.#bytes += bytes;
    try {
      return await call();
    } finally {
      this.#calls -= 1;
      this.#bytes -= bytes;
    }
  }
}
