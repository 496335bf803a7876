import { backoffInMs } from "./backoff.ts";
import type { Connection, ConnectionParts } from "./connection.ts";
import type { ConnectError } from "./errors.ts";
import type { Place } from "./negotiate.ts";
import { openConnection } from "./open-connection.ts";
import { pause } from "./pause.ts";
import { POLICY_VIOLATION } from "./placement.ts";

// Closer together than other attempts: a service that restarts is back in no time.
const PAUSES = { retryDelayInMs: 200, maxRetryDelayInMs: 2000 };

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
  /** Resolves when the first attempt has come to something. */
  readonly tried: Promise<void>;
  /** The endpoint has spoken, if only to say that it does not know the connection. */
  hasAnswered = false;
  #markTried = (): void => {};

  /** @param place The endpoint, with the URL at which it goes on with the connection. */
  constructor(place: Place, parts: RecoveryParts, signal: AbortSignal) {
    this.endpoint = place.endpoint;
    this.tried = new Promise((resolve) => {
      this.#markTried = resolve;
    });
    this.result = this.#run(place, parts, signal).finally(this.#markTried);
  }

  async #run(
    place: Place,
    parts: RecoveryParts,
    signal: AbortSignal,
  ): Promise<Connection | undefined> {
    const { configuration, random } = parts;
    const giveUpAt = performance.now() + configuration.recoveryTimeoutInMs;
    let { failures } = parts;
    if (failures > 0) await pause(backoffInMs(PAUSES, failures, random()), signal, configuration);
    while (!signal.aborted && performance.now() < giveUpAt) {
      try {
        const connection = await openConnection(place, parts, signal);
        this.hasAnswered = true;
        return connection;
      } catch (error) {
        if ((error as ConnectError).closeCode === POLICY_VIOLATION) {
          this.hasAnswered = true;
          return undefined;
        }
      }
      this.#markTried();
      failures += 1;
      await pause(backoffInMs(PAUSES, failures, random()), signal, configuration);
    }
    return undefined;
  }
}
