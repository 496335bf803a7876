/** Who has heard whom since the conversation began. Pure; times are monotonic milliseconds. */
export class Conversation {
  readonly endpoint: string;
  readonly #size: number;
  readonly #beganAt: number;
  readonly #delays: Float64Array;
  #pairs = 0;

  /** Of so many speakers, who count only as long as they speak on this endpoint. */
  constructor(size: number, endpoint: string, beganAt: number) {
    this.#size = size;
    this.endpoint = endpoint;
    this.#beganAt = beganAt;
    this.#delays = new Float64Array(size * size).fill(Number.NaN);
  }

  heard(speaker: number, hearer: number, endpoint: string, at: number): void {
    const index = speaker * this.#size + hearer;
    if (endpoint !== this.endpoint || speaker === hearer) return;
    if (!Number.isNaN(this.#delays[index])) return;
    this.#delays[index] = at - this.#beganAt;
    this.#pairs += 1;
  }

  /** Every one has heard every other. */
  get isComplete(): boolean {
    return this.#pairs === this.#size * (this.#size - 1);
  }

  /** How many others each has not heard yet, by its number; only those who miss somebody. */
  get missing(): ReadonlyMap<number, number> {
    const missing = new Map<number, number>();
    for (let hearer = 0; hearer < this.#size; hearer += 1) {
      let count = 0;
      for (let speaker = 0; speaker < this.#size; speaker += 1) {
        const isHeard = !Number.isNaN(this.#delays[speaker * this.#size + hearer]);
        if (speaker !== hearer && !isHeard) count += 1;
      }
      if (count > 0) missing.set(hearer, count);
    }
    return missing;
  }

  /** From the beginning until one has heard another for the first time, for each pair that has. */
  get delays(): number[] {
    return [...this.#delays].filter((delay) => !Number.isNaN(delay));
  }
}
