const STEP_IN_MS = 20;
const maxStepBytes = 16 * 1024;

/** Lets bytes pass at a speed, a few at a time; for one sender, which waits for each step. */
export class Throttle {
  #bytesPerSecond = Number.POSITIVE_INFINITY;
  #stepBytes = Number.POSITIVE_INFINITY;
  /** When everything that has been let through so far is over. */
  #freeAt = 0;
  #timer: NodeJS.Timeout | undefined;
  #wake: (() => void) | undefined;

  get isOpen(): boolean {
    return this.#bytesPerSecond === Number.POSITIVE_INFINITY;
  }

  /** As many bytes as pass at once. */
  get stepBytes(): number {
    return this.#stepBytes;
  }

  /** From now on; whoever waits goes on at once. */
  set(bytesPerSecond = Number.POSITIVE_INFINITY): void {
    const stepBytes = Math.floor((bytesPerSecond * STEP_IN_MS) / 1000);
    this.#bytesPerSecond = bytesPerSecond;
    this.#stepBytes = this.isOpen ? stepBytes : Math.max(1, Math.min(stepBytes, maxStepBytes));
    this.#freeAt = 0;
    this.#goOn();
  }

  /** Resolves when so many more bytes have had the time that they take. */
  async pass(bytes: number): Promise<void> {
    if (this.isOpen) return;
    const now = performance.now();
    // Timers are late; what that has cost is made up for, and no more.
    const from = Math.max(this.#freeAt, now - STEP_IN_MS);
    this.#freeAt = (this.#freeAt === 0 ? now : from) + (bytes / this.#bytesPerSecond) * 1000;
    const waitInMs = this.#freeAt - now;
    // Shorter than any timer: the next step waits for this one too.
    if (waitInMs < 1) return;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      this.#timer = setTimeout(() => this.#goOn(), waitInMs).unref();
    });
  }

  #goOn(): void {
    clearTimeout(this.#timer);
    this.#wake?.();
    this.#wake = undefined;
  }
}
