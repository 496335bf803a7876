/** npm, npx and tsx pass one Ctrl-C on again; what comes as soon as this is that echo. */
const ECHO_IN_MS = 500;

/** Turns signals into one request to stop; a second one asks to exit at once. */
export class StopRequest {
  readonly #controller = new AbortController();
  readonly #now: () => number;
  #since: number | undefined;

  /** @param now In milliseconds, from a clock that is never set back. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** Aborts with the first request to stop. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Tells whether there is nothing left to wait for. */
  receive(): "stop" | "exit" {
    const now = this.#now();
    if (this.#since !== undefined && now - this.#since >= ECHO_IN_MS) return "exit";
    this.#since ??= now;
    this.#controller.abort();
    return "stop";
  }
}
