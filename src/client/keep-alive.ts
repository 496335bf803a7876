import { Patience, transferInMs } from "./patience.ts";

const CHECK_INTERVAL_IN_MS = 1000;
// For a connection that has reason to be dead: the machine slept, or its network came and went.
const URGENT_TIMEOUT_IN_MS = 2000;
// So that an answer that has come can be read by a process that was busy.
const GRACE_IN_MS = 100;
// Of its patience; an answer has the rest of it to come.
const SHARE_BEFORE_ENDPOINT_IS_ASKED = 0.1;

export interface KeepAliveSettings {
  readonly keepAliveIntervalInMs: number;
  readonly keepAliveTimeoutInMs: number;
}

/** What is to be done now, and when to ask again. */
export interface KeepAliveDecision {
  readonly due: "ping" | "ask-endpoint" | "give-up" | undefined;
  readonly inMs: number;
}

/**
 * Decides when to ask for a sign of life, and when to give up. Only a question that nobody answered
 * counts: a process that was busy, throttled or asleep has heard nothing either. Time comes in as
 * wall-clock milliseconds, because other clocks stop while a machine sleeps.
 */
export class KeepAlive {
  readonly #settings: KeepAliveSettings;
  readonly #usualTimeoutInMs: number;
  readonly #patience: Patience;
  #lastMessageAt: number;
  #pingedAt: number | undefined;
  #timeoutInMs: number;
  #nextCheckAt: number;
  #hasAskedEarly = false;
  #askedEndpointAt: number | undefined;
  #hasHadGrace = false;

  constructor(settings: KeepAliveSettings, now: number, patience = new Patience()) {
    this.#settings = settings;
    this.#usualTimeoutInMs = usualTimeoutInMs(settings);
    this.#patience = patience;
    this.#lastMessageAt = now;
    this.#nextCheckAt = now;
    this.#timeoutInMs = this.#usualTimeoutInMs;
  }

  /** @param characters Of the message, and of what was under way when it came. */
  onMessage(now: number, characters = 0): void {
    if (this.#pingedAt !== undefined) {
      this.#patience.onRoundTrip(now - this.#pingedAt - transferInMs(characters));
    }
    this.#patience.onMessage();
    this.#hasAskedEarly = false;
    this.onBytes(now);
  }

  /** Something of a message has come, or gone out. */
  onBytes(now: number): void {
    this.#lastMessageAt = now;
    this.#pingedAt = undefined;
    this.#timeoutInMs = this.#usualTimeoutInMs;
  }

  /** Asks at once. */
  ask(now: number): KeepAliveDecision {
    this.#pingedAt = now;
    this.#askedEndpointAt = undefined;
    return {
      ...this.#wait(now, now + this.#timeoutInMs * SHARE_BEFORE_ENDPOINT_IS_ASKED),
      due: "ping",
    };
  }

  /** Asks at once and waits less long for the answer. */
  askNow(now: number): KeepAliveDecision {
    this.#hasAskedEarly = true;
    const timeoutInMs = Math.min(URGENT_TIMEOUT_IN_MS, this.#usualTimeoutInMs);
    if (this.#settings.keepAliveTimeoutInMs > 0) this.#timeoutInMs = timeoutInMs;
    return this.ask(now);
  }

  /** @param unanswered How many characters are under way that the service has not answered. */
  check(now: number, unanswered = 0): KeepAliveDecision {
    const hasSlept = Math.abs(now - this.#nextCheckAt) > CHECK_INTERVAL_IN_MS;
    // Once: a tab in the background is late each time.
    if (hasSlept && !this.#hasAskedEarly) return this.askNow(now);
    const { keepAliveIntervalInMs: interval, keepAliveTimeoutInMs: timeout } = this.#settings;
    if (this.#pingedAt !== undefined) {
      return this.#awaitAnswer(now, this.#pingedAt, unanswered, hasSlept);
    }
    if (interval > 0) {
      if (now - this.#lastMessageAt >= interval) return this.ask(now);
      return this.#wait(now, this.#lastMessageAt + interval);
    }
    const isOverdue = now - this.#lastMessageAt >= this.#patience.inMs(timeout, unanswered);
    if (timeout > 0 && isOverdue) return this.#giveUp();
    return this.#wait(now, Number.POSITIVE_INFINITY);
  }

  #awaitAnswer(
    now: number,
    pingedAt: number,
    unanswered: number,
    hasSlept: boolean,
  ): KeepAliveDecision {
    const patienceInMs = this.#patience.inMs(this.#timeoutInMs, unanswered);
    const beforeAskingInMs = patienceInMs * SHARE_BEFORE_ENDPOINT_IS_ASKED;
    const forAnswersInMs = patienceInMs - beforeAskingInMs;
    if (this.#askedEndpointAt === undefined) {
      const askAt = pingedAt + beforeAskingInMs;
      // Timers are early, by a millisecond.
      if (now < askAt) return this.#wait(now, askAt);
      this.#askedEndpointAt = now;
      this.#hasHadGrace = hasSlept;
      return { ...this.#wait(now, now + forAnswersInMs), due: "ask-endpoint" };
    }
    const giveUpAt = this.#askedEndpointAt + forAnswersInMs;
    if (now < giveUpAt) return this.#wait(now, giveUpAt);
    if (!hasSlept || this.#hasHadGrace) return this.#giveUp();
    this.#hasHadGrace = true;
    return this.#wait(now, now + GRACE_IN_MS);
  }

  #giveUp(): KeepAliveDecision {
    this.#patience.onSilence();
    return { due: "give-up", inMs: 0 };
  }

  #wait(now: number, until: number): KeepAliveDecision {
    const againInMs = Math.max(0, Math.min(CHECK_INTERVAL_IN_MS, until - now));
    this.#nextCheckAt = now + againInMs;
    return { due: undefined, inMs: againInMs };
  }
}

/** How long to wait for an answer. */
function usualTimeoutInMs({
  keepAliveIntervalInMs,
  keepAliveTimeoutInMs,
}: KeepAliveSettings): number {
  if (keepAliveTimeoutInMs === 0) return Number.POSITIVE_INFINITY;
  return keepAliveTimeoutInMs - keepAliveIntervalInMs;
}
