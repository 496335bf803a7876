import { backoffInMs } from "./backoff.ts";
import type { Connection, ConnectionParts } from "./connection.ts";
import { POLICY_VIOLATION } from "./connection-ending.ts";
import type { ConnectError } from "./errors.ts";
import { linkedAbort } from "./linked-abort.ts";
import type { NegotiatedEndpoint } from "./negotiated-endpoint.ts";
import { openConnection } from "./open-connection.ts";
import { type PauseSettings, pause } from "./pause.ts";

// Each attempt costs both sides something, and in a crash all of them are in vain.
const PAUSES = { retryDelayInMs: 1000, maxRetryDelayInMs: 4000 };
// A service that has cut everybody shall not be knocked at by all in the same instant.
const SHARE_OF_SPREAD = 0.2;

export interface RecoveryParts extends ConnectionParts {
  /** From 0 (included) to 1 (excluded). */
  readonly random: () => number;
  /** Short-lived connections before this one, in a row. */
  readonly failures: number;
}

/** Tries to go on with a connection that was cut, on the same endpoint, with nothing lost. */
export class Recovery {
  readonly endpoint: string;
  /** The connection that goes on; undefined when none can. Never rejects. */
  readonly result: Promise<Connection | undefined>;
  readonly #ending: AbortController;
  /** The endpoint has spoken, if only to say that it does not know the connection. */
  hasAnswered = false;
  hasSucceeded = false;
  /** Nothing is tried any more. */
  isOver = false;
  /** Negotiate has named the endpoint, so there is nobody left to ask. */
  isWanted = false;
  #nap: AbortController | undefined;
  #attempt = nextAttempt();

  /** @param place The endpoint, with the URL at which it goes on with the connection. */
  constructor(place: NegotiatedEndpoint, parts: RecoveryParts, signal: AbortSignal) {
    this.endpoint = place.endpoint;
    this.#ending = linkedAbort(signal);
    this.result = this.#run(place, parts, this.#ending.signal).finally(() => {
      this.isOver = true;
      this.#attempt.end();
    });
  }

  /** How long the attempt under way has been waiting for an answer; 0 when there is none. */
  get unansweredForInMs(): number {
    const { startedAt } = this.#attempt;
    return startedAt === undefined ? 0 : performance.now() - startedAt;
  }

  /** Tries at once, unless it is trying already; resolves when that has come to something. */
  tryNow(): Promise<void> {
    this.#nap?.abort();
    return this.#attempt.ended;
  }

  /** The endpoint is the right one: tries again at once; resolves when that has come to something. */
  encourage(): Promise<void> {
    this.isWanted = true;
    return this.tryNow();
  }

  /** Negotiate has named another endpoint: should it be too late for that, it is to be asked again. */
  doubt(): void {
    this.isWanted = false;
  }

  /** What could be recovered is not wanted; should it be too late for that, it is to ask again. */
  giveUp(): void {
    this.doubt();
    this.#ending.abort();
  }

  async #run(
    place: NegotiatedEndpoint,
    parts: RecoveryParts,
    signal: AbortSignal,
  ): Promise<Connection | undefined> {
    const { configuration, random } = parts;
    const giveUpAt = performance.now() + configuration.recoveryTimeoutInMs;
    let { failures } = parts;
    const spreadInMs = random() * configuration.reconnectSpreadInMs * SHARE_OF_SPREAD;
    const backoff = failures > 0 ? backoffInMs(PAUSES, failures, random()) : 0;
    await this.#rest(Math.max(spreadInMs, backoff), signal, configuration);
    while (!signal.aborted && performance.now() < giveUpAt) {
      this.#attempt.startedAt = performance.now();
      try {
        const connection = await openConnection(place, parts, signal);
        this.hasAnswered = true;
        this.hasSucceeded = true;
        if (!signal.aborted) return connection;
        connection.leave();
      } catch (error) {
        if ((error as ConnectError).closeCode === POLICY_VIOLATION) {
          this.hasAnswered = true;
          return undefined;
        }
      }
      this.#attempt.end();
      this.#attempt = nextAttempt();
      failures += 1;
      await this.#rest(backoffInMs(PAUSES, failures, random()), signal, configuration);
    }
    return undefined;
  }

  async #rest(inMs: number, signal: AbortSignal, settings: PauseSettings): Promise<void> {
    const nap = linkedAbort(signal);
    this.#nap = nap;
    await pause(inMs, nap.signal, settings);
    nap.abort();
  }
}

interface Attempt {
  startedAt: number | undefined;
  readonly ended: Promise<void>;
  end(): void;
}

function nextAttempt(): Attempt {
  let end = (): void => {};
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  return { startedAt: undefined, ended, end };
}
