import { once } from "node:events";
import { createClient } from "redis";
import type { AbortSignalLike } from "../../contract/abort-signal.ts";
import { unlessAborted } from "../../kit/deadline.ts";

const PING_INTERVAL_IN_MS = 5_000;
const maxSilenceInMs = 15_000;
const minRetryPauseInMs = 50;
const maxRetryPauseInMs = 1_000;

/** A client of the store's own, which connects again and again until it is ended. */
export class RedisLink {
  readonly #client: ReturnType<typeof newClient>;
  #isEnded = false;
  #isDialling = true;
  #lastError: unknown;
  /** Since when calls are without an answer, monotonic milliseconds; undefined while there are answers. */
  #unansweredSince: number | undefined;

  constructor(url: string) {
    this.#client = newClient(url, (retries) => this.#retryIn(retries));
    this.#client
      .on("error", (error) => {
        this.#isDialling = false;
        this.#lastError = error;
      })
      .on("reconnecting", () => {
        this.#isDialling = true;
      })
      .on("connect", () => {
        this.#isDialling = false;
        if (this.#isEnded) this.#client.destroy();
      })
      .on("ready", () => {
        this.#lastError = undefined;
        this.#unansweredSince = undefined;
      });
    // Why it failed has been told by the event.
    this.#client.connect().catch(() => {});
  }

  /** For how long nothing has been answered although it was asked. */
  get silenceInMs(): number {
    return this.#unansweredSince === undefined ? 0 : performance.now() - this.#unansweredSince;
  }

  /** @throws what keeps it from being ready */
  async ready(signal: AbortSignalLike): Promise<void> {
    if (this.#client.isReady) return;
    const waiting = new AbortController();
    try {
      await unlessAborted(signal, once(this.#client, "ready", { signal: waiting.signal }));
    } finally {
      waiting.abort();
    }
  }

  async eval(script: string, keys: string[], args: string[]): Promise<unknown> {
    // That it is offline says nothing; why it is does.
    if (!this.#client.isReady && this.#lastError) throw this.#lastError;
    this.#unansweredSince ??= performance.now();
    const isAnswered = () => {
      this.#unansweredSince = undefined;
    };
    const reply = this.#client.eval(script, { keys, arguments: args });
    reply.then(isAnswered, isAnswered);
    return reply;
  }

  /** Drops the connection, whatever is under way on it. */
  end(): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    // A client cannot drop a connection before it has it: the event does that then.
    if (!this.#isDialling && this.#client.isOpen) this.#client.destroy();
  }

  #retryIn(retries: number): number | false {
    if (this.#isEnded) return false;
    return Math.min(minRetryPauseInMs * 2 ** retries, maxRetryPauseInMs);
  }
}

function newClient(url: string, reconnectStrategy: (retries: number) => number | false) {
  return createClient({
    url,
    // Whoever asks wants to know now, and asks again by itself.
    disableOfflineQueue: true,
    pingInterval: PING_INTERVAL_IN_MS,
    socket: { reconnectStrategy, socketTimeout: maxSilenceInMs },
  });
}
