import type { RegisteredEndpoint } from "../endpoints/registered-endpoint.ts";
import type { CredentialCheckResult } from "./credential-check.ts";

export interface EjectionRecoveryOptions {
  /** Whether it is still worth looking at. */
  isWatched(endpoint: RegisteredEndpoint): boolean;
  /** Makes one call that needs credentials. */
  check(endpoint: RegisteredEndpoint): Promise<CredentialCheckResult>;
  record(endpoint: RegisteredEndpoint, result: "accepted" | "rejected" | "failed"): void;
  /** Pause before a check that said nothing is repeated (ms). */
  readonly pauseInMs: number;
}

/**
 * At the end of an ejection a call must succeed before the endpoint is trusted with others. An
 * endpoint whose health checks fail as well is not reviewed: its recovery decides.
 */
export class EjectionRecovery {
  readonly #parts: EjectionRecoveryOptions;
  readonly #timers = new Map<RegisteredEndpoint, NodeJS.Timeout>();
  readonly #underway = new Set<RegisteredEndpoint>();

  constructor(parts: EjectionRecoveryOptions) {
    this.#parts = parts;
  }

  /** Sees to it that an ejected endpoint is reviewed in time; to be called after every change. */
  schedule(endpoint: RegisteredEndpoint, leastDelayInMs = 0): void {
    if (this.#timers.has(endpoint) || this.#underway.has(endpoint)) return;
    if (!this.#parts.isWatched(endpoint)) return;
    const { calls, health } = endpoint;
    if (calls.status !== "ejected" || health.status !== "healthy") return;
    const delay = Math.max(leastDelayInMs, calls.until - performance.now());
    const timer = setTimeout(() => {
      this.#timers.delete(endpoint);
      if (isDue(endpoint)) void this.#checkNow(endpoint);
      else this.schedule(endpoint);
    }, delay);
    this.#timers.set(endpoint, timer.unref());
  }

  forget(endpoint: RegisteredEndpoint): void {
    clearTimeout(this.#timers.get(endpoint));
    this.#timers.delete(endpoint);
  }

  close(): void {
    for (const endpoint of [...this.#timers.keys()]) this.forget(endpoint);
  }

  async #checkNow(endpoint: RegisteredEndpoint): Promise<void> {
    const { calls } = endpoint;
    this.#underway.add(endpoint);
    const result = await this.#parts.check(endpoint);
    this.#underway.delete(endpoint);
    const isConclusive = result !== "inconclusive";
    // The endpoint may have come back, or been ejected anew, by other ways.
    if (isConclusive && endpoint.calls === calls) this.#parts.record(endpoint, result);
    this.schedule(endpoint, isConclusive ? 0 : this.#parts.pauseInMs);
  }
}

function isDue({ calls, health }: RegisteredEndpoint): boolean {
  const isEjected = calls.status === "ejected" && health.status === "healthy";
  return isEjected && performance.now() >= calls.until;
}
