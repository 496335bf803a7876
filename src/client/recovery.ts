import { maxTimerInMs } from "../kit/max-timer.ts";
import { backoffInMs } from "./backoff.ts";
import { Cancellation } from "./cancellation.ts";
import { Connection, type ConnectionOptions } from "./connection.ts";
import { isAttemptSuspect, POLICY_VIOLATION } from "./connection-ending.ts";
import type { NegotiatedEndpoint } from "./negotiated-endpoint.ts";
import { openConnection } from "./open-connection.ts";
import { pause } from "./pause.ts";
import type { RecoveryOccurrence } from "./reconnect-states.ts";

// Each attempt costs both sides as much as a connection, and in a crash all of them are in vain.
const LEAST_PAUSE_IN_MS = 1000;
const PAUSES = { retryDelayInMs: 1000, maxRetryDelayInMs: 4000 };
// A service that has cut everybody shall not get all their attempts in the same instant.
const SHARE_OF_SPREAD = 0.2;

export interface RecoveryOptions extends ConnectionOptions {
  /** Short-lived connections before this one, in a row. */
  readonly failures: number;
  /** The connection goes on. Called once at most, and not after `end`. */
  readonly onRecovered: (connection: Connection) => void;
  /** Told how each attempt ended, and last of all that there will be no more. */
  readonly notify: (occurrence: RecoveryOccurrence) => void;
}

/** Tries to go on with a connection that was cut, on the same endpoint, with nothing lost. */
export class Recovery {
  readonly #target: NegotiatedEndpoint;
  readonly #options: RecoveryOptions;
  readonly #ending = new Cancellation();
  #endPause = (): void => {};
  #isHeld = false;
  /** The endpoint has accepted the socket of the latest attempt, and not ended it, nor died, since. */
  isLetIn = false;
  /** Of the attempt that waits for an answer, if one does. */
  attemptedAt: number | undefined;

  /** @param target The endpoint, with the URL at which it goes on with the connection. */
  constructor(target: NegotiatedEndpoint, options: RecoveryOptions) {
    this.#target = target;
    this.#options = options;
    void this.#run(this.#ending);
  }

  /** Tries at once, unless it is trying already. */
  retry(): void {
    this.#endPause();
  }

  /** Begins no attempt, for as long as something better is under way. */
  hold(isHeld: boolean): void {
    const wasHeld = this.#isHeld;
    this.#isHeld = isHeld;
    if (wasHeld && !isHeld) this.retry();
  }

  end(): void {
    this.#ending.abort();
    this.#endPause();
  }

  async #run(signal: Cancellation): Promise<void> {
    const { configuration, notify } = this.#options;
    const giveUpAt = performance.now() + configuration.recoveryTimeoutInMs;
    let { failures } = this.#options;
    const { reconnectSpreadInMs } = configuration;
    const turnInMs = Math.random() * reconnectSpreadInMs * SHARE_OF_SPREAD;
    await this.#wait(Math.max(turnInMs, backoffInMs(PAUSES, failures, Math.random())));
    // In the time of the spread, an app server will have said whether there is any use in it.
    const leastPauseInMs = Math.max(LEAST_PAUSE_IN_MS, reconnectSpreadInMs);
    let isRefused = false;
    let isEndpointSuspect = false;
    while (!signal.aborted && performance.now() < giveUpAt) {
      this.attemptedAt = performance.now();
      this.isLetIn = false;
      const onSigns = (isAnswering: boolean): void => {
        this.isLetIn = isAnswering;
      };
      const outcome = await openConnection(this.#target, { ...this.#options, onSigns }, signal);
      this.attemptedAt = undefined;
      if (outcome instanceof Connection) return this.#onOpened(outcome);
      this.isLetIn &&= outcome.cause !== "closed";
      isRefused = outcome.cause === "closed" && outcome.code === POLICY_VIOLATION;
      isEndpointSuspect = isAttemptSuspect(outcome);
      if (isRefused || signal.aborted) break;
      notify({ type: "recovery-attempt-failed", isEndpointSuspect });
      failures += 1;
      await this.#wait(leastPauseInMs + backoffInMs(PAUSES, failures, Math.random()));
    }
    if (signal.aborted) return;
    notify({ type: "recovery-ended", hasAnswered: isRefused });
    notify({ type: "recovery-attempt-failed", isEndpointSuspect: false });
  }

  #onOpened(connection: Connection): void {
    if (this.#ending.aborted) connection.leave();
    else {
      this.end();
      this.#options.onRecovered(connection);
    }
  }

  async #wait(inMs: number): Promise<void> {
    let pauseInMs = inMs;
    do {
      if (this.#ending.aborted) return;
      await this.#pause(pauseInMs);
      pauseInMs = maxTimerInMs;
    } while (this.#isHeld);
  }

  #pause(inMs: number): Promise<void> {
    return new Promise((resolve) => {
      this.#endPause = pause(inMs, this.#options.configuration, resolve);
    });
  }
}
