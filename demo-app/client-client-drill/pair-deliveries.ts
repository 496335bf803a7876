/** Who has heard whom since the round began. Pure; times are monotonic milliseconds. */
export class PairDeliveries {
  readonly endpoint: string;
  readonly #size: number;
  readonly #startedAt: number;
  readonly #delays: Float64Array;
  #pairs = 0;

  /** Of so many clients, whose messages count only as long as they are sent on this endpoint. */
  constructor(size: number, endpoint: string, startedAt: number) {
    this.#size = size;
    this.endpoint = endpoint;
    this.#startedAt = startedAt;
    this.#delays = new Float64Array(size * size).fill(Number.NaN);
  }

  delivered(sender: number, recipient: number, endpoint: string, at: number): void {
    const index = sender * this.#size + recipient;
    if (endpoint !== this.endpoint || sender === recipient) return;
    if (!Number.isNaN(this.#delays[index])) return;
    this.#delays[index] = at - this.#startedAt;
    this.#pairs += 1;
  }

  /** Every one has heard every other. */
  get isComplete(): boolean {
    return this.#pairs === this.#size * (this.#size - 1);
  }

  /** How many others each has not heard yet, by its number; only those who miss somebody. */
  get missing(): ReadonlyMap<number, number> {
    const missing = new Map<number, number>();
    for (let recipient = 0; recipient < this.#size; recipient += 1) {
      let count = 0;
      for (let sender = 0; sender < this.#size; sender += 1) {
        const isDelivered = !Number.isNaN(this.#delays[sender * this.#size + recipient]);
        if (sender !== recipient && !isDelivered) count += 1;
      }
      if (count > 0) missing.set(recipient, count);
    }
    return missing;
  }

  /** From the beginning until one has heard another for the first time, for each pair that has. */
  get delays(): number[] {
    return [...this.#delays].filter((delay) => !Number.isNaN(delay));
  }
}
