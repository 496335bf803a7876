const CHECK_INTERVAL_IN_MS = 1000;
// For a connection that has reason to be dead: the machine slept, or its network came and went.
const URGENT_TIMEOUT_IN_MS = 2000;
// So that an answer that has come can be read by a process that was busy.
const GRACE_IN_MS = 100;

export interface KeepAliveSettings {
  readonly keepAliveIntervalInMs: number;
  readonly keepAliveTimeoutInMs: number;
}

/** What is to be done now, and when to ask again. */
export interface KeepAliveDecision {
  readonly due: "ping" | "give-up" | undefined;
  readonly inMs: number;
}

/**
 * Decides when to ask for a sign of life, and when to give up. Only a question that nobody answered
 * counts: a process that was busy, throttled or asleep has heard nothing either. Time comes in as
 * wall-clock milliseconds, because other clocks stop while a machine sleeps.
 */
export class KeepAlive {
  readonly #settings: KeepAliveSettings;
  #lastMessageAt: number;
  #pingedAt: number | undefined;
  #timeoutInMs: number;
  #nextCheckAt: number;
  #hasAskedEarly = false;
  #hasHadGrace = false;

  constructor(settings: KeepAliveSettings, now: number) {
    this.#settings = settings;
    this.#lastMessageAt = now;
    this.#nextCheckAt = now;
    this.#timeoutInMs = this.#usualTimeoutInMs;
  }

  onMessage(now: number): void {
    this.#lastMessageAt = now;
    this.#pingedAt = undefined;
    this.#hasAskedEarly = false;
    this.#hasHadGrace = false;
    this.#timeoutInMs = this.#usualTimeoutInMs;
  }

  /** Asks at once and waits less long for the answer. */
  askNow(now: number): KeepAliveDecision {
    this.#hasAskedEarly = true;
    const timeoutInMs = Math.min(URGENT_TIMEOUT_IN_MS, this.#usualTimeoutInMs);
    if (this.#settings.keepAliveTimeoutInMs > 0) this.#timeoutInMs = timeoutInMs;
    return this.#ping(now);
  }

  check(now: number): KeepAliveDecision {
    const hasSlept = Math.abs(now - this.#nextCheckAt) > CHECK_INTERVAL_IN_MS;
    // Once: a tab in the background is late each time.
    if (hasSlept && !this.#hasAskedEarly) return this.askNow(now);
    const { keepAliveIntervalInMs: interval, keepAliveTimeoutInMs: timeout } = this.#settings;
    if (this.#pingedAt !== undefined) {
      if (now - this.#pingedAt >= this.#timeoutInMs) {
        if (!hasSlept || this.#hasHadGrace) return { due: "give-up", inMs: 0 };
        this.#hasHadGrace = true;
        return this.#wait(now, now + GRACE_IN_MS);
      }
      return this.#wait(now, this.#pingedAt + this.#timeoutInMs);
    }
    if (interval > 0) {
      if (now - this.#lastMessageAt >= interval) return this.#ping(now);
      return this.#wait(now, this.#lastMessageAt + interval);
    }
    if (timeout > 0 && now - this.#lastMessageAt >= timeout) return { due: "give-up", inMs: 0 };
    return this.#wait(now, Number.POSITIVE_INFINITY);
  }

  get #usualTimeoutInMs(): number {
    const { keepAliveIntervalInMs, keepAliveTimeoutInMs } = this.#settings;
    if (keepAliveTimeoutInMs === 0) return Number.POSITIVE_INFINITY;
    return keepAliveTimeoutInMs - keepAliveIntervalInMs;
  }

  #ping(now: number): KeepAliveDecision {
    this.#pingedAt = now;
    return { ...this.#wait(now, now + this.#timeoutInMs), due: "ping" };
  }

  #wait(now: number, until: number): KeepAliveDecision {
    const againInMs = Math.max(0, Math.min(CHECK_INTERVAL_IN_MS, until - now));
    this.#nextCheckAt = now + againInMs;
    return { due: undefined, inMs: againInMs };
  }
}
