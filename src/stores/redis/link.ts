import type { AbortSignalLike } from "../../contract/abort-signal.ts";
import { backoffPauseInMs } from "../../kit/backoff.ts";
import { unlessAborted } from "../../kit/deadline.ts";
import { type Deferred, deferred } from "../../kit/deferred.ts";
import { isWrongPeer } from "./failure.ts";

/** A client that is connected, and is not connected again. */
export interface DialledClient {
  eval(script: string, options: { keys: string[]; arguments: string[] }): Promise<unknown>;
  evalSha(digest: string, options: { keys: string[]; arguments: string[] }): Promise<unknown>;
  /** Drops the connection, whatever is under way on it. Idempotent. */
  drop(): void;
}

/**
 * Connects once, and knows where to: a name may lead elsewhere each time, and sentinels say where.
 *
 * @param onLost Told, once, when the connection has broken.
 */
export type Dial = (
  signal: AbortSignal,
  onLost: (error: unknown) => void,
) => Promise<DialledClient>;

const PAUSES = { firstInMs: 50, maxInMs: 1_000 };
/** A call that is ended sooner says nothing about the connection. */
const SUSPICIOUS_SILENCE_IN_MS = 1_000;

/** Up to a second. */
export const redialPauseInMs = (failures: number, random: number): number =>
  backoffPauseInMs(PAUSES, failures, random);

/** The way of a store to the primary, dialled again and again until it is ended. */
export class RedisLink {
  readonly #dial: Dial;
  readonly #onLost: (error: unknown) => void;
  readonly #ending = new AbortController();
  readonly #waiting = new Set<Deferred<void>>();
  #client: DialledClient | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** In a row; only a call that is carried out ends it, for a connection alone proves little. */
  #failures = 0;
  #lastError: unknown = new Error("not connected yet");
  /** Since when calls are without an answer, monotonic milliseconds; undefined while there are answers. */
  #unansweredSince: number | undefined;

  /** @param onLost Told each time that it had a connection, and has none any more. */
  constructor(dial: Dial, onLost: (error: unknown) => void = () => {}) {
    this.#dial = dial;
    this.#onLost = onLost;
    void this.#connect();
  }

  /** @throws what keeps it from being connected */
  async ready(signal: AbortSignalLike): Promise<void> {
    if (this.#client) return;
    const waiting = deferred<void>();
    this.#waiting.add(waiting);
    try {
      await unlessAborted(signal, waiting.promise);
    } finally {
      this.#waiting.delete(waiting);
    }
  }

  /** Fails at once while there is no connection, with the reason for that. */
  async call(command: (client: DialledClient) => Promise<unknown>): Promise<unknown> {
    const client = this.#client;
    if (!client) throw this.#lastError;
    this.#unansweredSince ??= performance.now();
    try {
      const reply = await command(client);
      this.#failures = 0;
      return reply;
    } catch (error) {
      if (isWrongPeer(error)) this.#lose(client, error);
      // That it was dropped meanwhile says nothing; why it was does.
      throw this.#client === client ? error : this.#lastError;
    } finally {
      if (this.#client === client) this.#unansweredSince = undefined;
    }
  }

  /** A peer that vanished without a word would keep the system trying for a quarter of an hour. */
  dropIfSilent(): void {
    if (!this.#client || this.#unansweredSince === undefined) return;
    const silenceInMs = Math.round(performance.now() - this.#unansweredSince);
    if (silenceInMs < SUSPICIOUS_SILENCE_IN_MS) return;
    this.#lose(this.#client, new Error(`no answer for ${silenceInMs} ms`));
  }

  /** Drops the connection, whatever is under way on it. */
  end(): void {
    this.#ending.abort(new Error("This connection is closed"));
    clearTimeout(this.#timer);
    this.#client?.drop();
    this.#client = undefined;
  }

  /** Never rejects. */
  async #connect(): Promise<void> {
    const { signal } = this.#ending;
    let lostBefore: { readonly error: unknown } | undefined;
    let client: DialledClient | undefined;
    try {
      client = await this.#dial(signal, (error) => {
        if (client) this.#lose(client, error);
        else lostBefore = { error };
      });
      if (lostBefore) throw lostBefore.error;
      if (signal.aborted) client.drop();
      else this.#use(client);
    } catch (error) {
      client?.drop();
      this.#failed(error);
    }
  }

  #use(client: DialledClient): void {
    this.#client = client;
    this.#unansweredSince = undefined;
    for (const { resolve } of this.#waiting) resolve();
  }

  #lose(client: DialledClient, error: unknown): void {
    if (client !== this.#client) return;
    this.#client = undefined;
    client.drop();
    this.#failed(error);
    this.#onLost(error);
  }

  #failed(error: unknown): void {
    this.#lastError = error;
    for (const { reject } of this.#waiting) reject(error);
    if (this.#ending.signal.aborted) return;
    const pauseInMs = redialPauseInMs(this.#failures, Math.random());
    this.#failures += 1;
    this.#timer = setTimeout(() => void this.#connect(), pauseInMs).unref();
  }
}
