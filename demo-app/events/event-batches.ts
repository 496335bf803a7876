interface Batch<T> {
  readonly items: T[];
  readonly startedAt: number;
  timer: NodeJS.Timeout;
}

export interface BatchLimits {
  /** A batch ends when nothing has come for so long. */
  readonly quietForInMs: number;
  /** One that goes on is recorded in parts, none longer than that. */
  readonly longestInMs: number;
}

/** Gathers what happens to many at nearly the same time, so that it becomes one line. */
export class EventBatches<T> {
  readonly #limits: BatchLimits;
  readonly #record: (key: string, items: readonly T[]) => void;
  readonly #batches = new Map<string, Batch<T>>();

  constructor(limits: BatchLimits, record: (key: string, items: readonly T[]) => void) {
    this.#limits = limits;
    this.#record = record;
  }

  /** @param key What belongs together. */
  add(key: string, item: T): void {
    const now = performance.now();
    const batch = this.#batches.get(key) ?? this.#begin(key, now);
    batch.items.push(item);
    const { quietForInMs, longestInMs } = this.#limits;
    const leftInMs = Math.max(0, batch.startedAt + longestInMs - now);
    clearTimeout(batch.timer);
    batch.timer = this.#endAfter(key, Math.min(quietForInMs, leftInMs));
  }

  /** Records no more. */
  close(): void {
    for (const { timer } of this.#batches.values()) clearTimeout(timer);
    this.#batches.clear();
  }

  #begin(key: string, startedAt: number): Batch<T> {
    const timer = this.#endAfter(key, this.#limits.quietForInMs);
    const batch: Batch<T> = { items: [], startedAt, timer };
    this.#batches.set(key, batch);
    return batch;
  }

  #endAfter(key: string, delayInMs: number): NodeJS.Timeout {
    const end = (): void => {
      const batch = this.#batches.get(key);
      this.#batches.delete(key);
      if (batch) this.#record(key, batch.items);
    };
    return setTimeout(end, delayInMs).unref();
  }
}
