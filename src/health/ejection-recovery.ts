import type { RegisteredEndpoint } from "../endpoints/registered-endpoint.ts";
import type { CanaryResult } from "./canary.ts";

interface RecoveryActions {
  /** Whether the endpoint is still worth looking at. */
  isWatched(): boolean;
  sendCanary(): Promise<CanaryResult>;
  /** Whether its canary has passed. */
  record(hasPassed: boolean): void;
  /** Pause before a canary that said nothing is repeated (ms). */
  readonly pauseInMs: number;
}

/**
 * The end of an endpoint's ejection: a canary must pass before the endpoint gets calls. While its
 * health checks fail as well none is made, since their recovery decides then.
 */
export class EjectionRecovery {
  readonly #endpoint: RegisteredEndpoint;
  readonly #actions: RecoveryActions;
  #timer: NodeJS.Timeout | undefined;
  #isUnderWay = false;

  constructor(endpoint: RegisteredEndpoint, actions: RecoveryActions) {
    this.#endpoint = endpoint;
    this.#actions = actions;
  }

  /** Sees to it that the canary is sent in time; to be called after every change. */
  schedule(minDelayInMs = 0): void {
    const isScheduled = this.#timer !== undefined || this.#isUnderWay;
    if (isScheduled || !this.#actions.isWatched()) return;
    const { calls, health } = this.#endpoint;
    if (calls.status !== "ejected" || health.status !== "healthy") return;
    const delayInMs = Math.max(minDelayInMs, calls.until - performance.now());
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      if (this.#isDue()) void this.#sendNow();
      else this.schedule();
    }, delayInMs);
    this.#timer.unref();
  }

  end(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  async #sendNow(): Promise<void> {
    const { calls } = this.#endpoint;
    this.#isUnderWay = true;
    const result = await this.#actions.sendCanary();
    this.#isUnderWay = false;
    const isConclusive = result.kind !== "inconclusive";
    // The endpoint may have come back, or been ejected anew, by other ways.
    if (isConclusive && this.#endpoint.calls === calls)
      this.#actions.record(result.kind === "passed");
    this.schedule(isConclusive ? 0 : this.#actions.pauseInMs);
  }

  #isDue(): boolean {
    const { calls, health } = this.#endpoint;
    const isEjected = calls.status === "ejected" && health.status === "healthy";
    return isEjected && performance.now() >= calls.until;
  }
}
