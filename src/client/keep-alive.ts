const LOOK_EVERY_IN_MS = 1000;
// For a connection that has reason to be dead: the machine slept, or its network came and went.
const URGENT_PATIENCE_IN_MS = 2000;
// So that an answer that has come can be read by a process that was busy.
const GRACE_IN_MS = 100;

export interface KeepAliveSettings {
  readonly keepAliveIntervalInMs: number;
  readonly keepAliveTimeoutInMs: number;
}

/** What is to be done now, and when to ask again. */
export interface KeepAliveReview {
  readonly due: "ping" | "give-up" | undefined;
  readonly againInMs: number;
}

/**
 * Decides when to ask for a sign of life, and when to give up. Only a question that nobody answered
 * counts: a process that was busy, throttled or asleep has heard nothing either. Time comes in as
 * wall-clock milliseconds, because other clocks stop while a machine sleeps.
 */
export class KeepAlive {
  readonly #settings: KeepAliveSettings;
  #heardAt: number;
  #pingedAt: number | undefined;
  #patienceInMs: number;
  #expectedAt: number;
  #wasUrged = false;
  #wasSpared = false;

  constructor(settings: KeepAliveSettings, now: number) {
    this.#settings = settings;
    this.#heardAt = now;
    this.#expectedAt = now;
    this.#patienceInMs = this.#usualPatienceInMs;
  }

  heard(now: number): void {
    this.#heardAt = now;
    this.#pingedAt = undefined;
    this.#wasUrged = false;
    this.#wasSpared = false;
    this.#patienceInMs = this.#usualPatienceInMs;
  }

  /** Asks at once and waits less long for the answer. */
  urge(now: number): KeepAliveReview {
    this.#wasUrged = true;
    const patienceInMs = Math.min(URGENT_PATIENCE_IN_MS, this.#usualPatienceInMs);
    if (this.#settings.keepAliveTimeoutInMs > 0) this.#patienceInMs = patienceInMs;
    return this.#ping(now);
  }

  review(now: number): KeepAliveReview {
    const hasSlept = Math.abs(now - this.#expectedAt) > LOOK_EVERY_IN_MS;
    // Once: a tab in the background is late each time.
    if (hasSlept && !this.#wasUrged) return this.urge(now);
    const { keepAliveIntervalInMs: interval, keepAliveTimeoutInMs: timeout } = this.#settings;
    if (this.#pingedAt !== undefined) {
      if (now - this.#pingedAt >= this.#patienceInMs) {
        if (!hasSlept || this.#wasSpared) return { due: "give-up", againInMs: 0 };
        this.#wasSpared = true;
        return this.#wait(now, now + GRACE_IN_MS);
      }
      return this.#wait(now, this.#pingedAt + this.#patienceInMs);
    }
    if (interval > 0) {
      if (now - this.#heardAt >= interval) return this.#ping(now);
      return this.#wait(now, this.#heardAt + interval);
    }
    if (timeout > 0 && now - this.#heardAt >= timeout) return { due: "give-up", againInMs: 0 };
    return this.#wait(now, Number.POSITIVE_INFINITY);
  }

  get #usualPatienceInMs(): number {
    const { keepAliveIntervalInMs, keepAliveTimeoutInMs } = this.#settings;
    if (keepAliveTimeoutInMs === 0) return Number.POSITIVE_INFINITY;
    return keepAliveTimeoutInMs - keepAliveIntervalInMs;
  }

  #ping(now: number): KeepAliveReview {
    this.#pingedAt = now;
    return { ...this.#wait(now, now + this.#patienceInMs), due: "ping" };
  }

  #wait(now: number, until: number): KeepAliveReview {
    const againInMs = Math.max(0, Math.min(LOOK_EVERY_IN_MS, until - now));
    this.#expectedAt = now + againInMs;
    return { due: undefined, againInMs };
  }
}
