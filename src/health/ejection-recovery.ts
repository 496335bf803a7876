import type { RegisteredEndpoint } from "../endpoints/registered-endpoint.ts";
import type { CredentialCheckResult } from "./credential-check.ts";

interface RecoveryActions {
  /** Whether the endpoint is still worth looking at. */
  isWatched(): boolean;
  /** Makes one call that needs credentials. */
  check(): Promise<CredentialCheckResult>;
  record(result: "accepted" | "rejected" | "failed"): void;
  /** Pause before a check that said nothing is repeated (ms). */
  readonly pauseInMs: number;
}

/**
 * The end of an endpoint's ejection: a call must succeed before the endpoint gets others. While its
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

  /** Sees to it that the check is made in time; to be called after every change. */
  schedule(minDelayInMs = 0): void {
    const isScheduled = this.#timer !== undefined || this.#isUnderWay;
    if (isScheduled || !this.#actions.isWatched()) return;
    const { calls, health } = this.#endpoint;
    if (calls.status !== "ejected" || health.status !== "healthy") return;
    const delayInMs = Math.max(minDelayInMs, calls.until - performance.now());
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      if (this.#isDue()) void this.#checkNow();
      else this.schedule();
    }, delayInMs);
    this.#timer.unref();
  }

  end(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  async #checkNow(): Promise<void> {
    const { calls } = this.#endpoint;
    this.#isUnderWay = true;
    const result = await this.#actions.check();
    this.#isUnderWay = false;
    const isConclusive = result !== "inconclusive";
    // The endpoint may have come back, or been ejected anew, by other ways.
    if (isConclusive && this.#endpoint.calls === calls) this.#actions.record(result);
    this.schedule(isConclusive ? 0 : this.#actions.pauseInMs);
  }

  #isDue(): boolean {
    const { calls, health } = this.#endpoint;
    const isEjected = calls.status === "ejected" && health.status === "healthy";
    return isEjected && performance.now() >= calls.until;
  }
}
