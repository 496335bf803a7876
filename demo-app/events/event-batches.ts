interface Wave<T> {
  readonly items: T[];
  readonly startedAt: number;
  timer: NodeJS.Timeout;
}

export interface WaveLimits {
  /** A wave ends when nothing has come for so long. */
  readonly quietForInMs: number;
  /** One that goes on is told in parts, none longer than that. */
  readonly longestInMs: number;
}

/** Gathers what happens to many at nearly the same time, so that it can be told in one line. */
export class Waves<T> {
  readonly #limits: WaveLimits;
  readonly #tell: (key: string, items: readonly T[]) => void;
  readonly #waves = new Map<string, Wave<T>>();

  constructor(limits: WaveLimits, tell: (key: string, items: readonly T[]) => void) {
    this.#limits = limits;
    this.#tell = tell;
  }

  /** @param key What belongs together. */
  add(key: string, item: T): void {
    const now = performance.now();
    const wave = this.#waves.get(key) ?? this.#begin(key, now);
    wave.items.push(item);
    const { quietForInMs, longestInMs } = this.#limits;
    const leftInMs = Math.max(0, wave.startedAt + longestInMs - now);
    clearTimeout(wave.timer);
    wave.timer = this.#endAfter(key, Math.min(quietForInMs, leftInMs));
  }

  /** Tells no more. */
  close(): void {
    for (const { timer } of this.#waves.values()) clearTimeout(timer);
    this.#waves.clear();
  }

  #begin(key: string, startedAt: number): Wave<T> {
    const timer = this.#endAfter(key, this.#limits.quietForInMs);
    const wave: Wave<T> = { items: [], startedAt, timer };
    this.#waves.set(key, wave);
    return wave;
  }

  #endAfter(key: string, delayInMs: number): NodeJS.Timeout {
    const end = (): void => {
      const wave = this.#waves.get(key);
      this.#waves.delete(key);
      if (wave) this.#tell(key, wave.items);
    };
    return setTimeout(end, delayInMs).unref();
  }
}
