import { isSuspect, isUnsettled } from "../endpoints/call-state.ts";
import type { ProbeOutcome } from "../endpoints/health-state.ts";
import type { RegisteredEndpoint } from "../endpoints/registered-endpoint.ts";
import type { EndpointRegistry } from "../endpoints/registry.ts";
import type { HealthConfiguration } from "../options/parse-options.ts";
import type { Endpoint } from "../service/endpoint.ts";
import type { CanaryResult } from "./canary.ts";
import { CanarySeries } from "./canary-series.ts";
import { EjectionRecovery } from "./ejection-recovery.ts";
import type { ProbeOptions, ProbeResult } from "./probe.ts";
import { SilenceDetector } from "./silence-detector.ts";

/** How an endpoint is looked at. */
export interface Probes {
  health(endpoint: Endpoint, options: ProbeOptions): Promise<ProbeResult>;
  canary(endpoint: Endpoint, options: ProbeOptions): Promise<CanaryResult>;
}

/** What all watches of a monitor share. */
export interface WatchContext {
  readonly registry: EndpointRegistry;
  readonly settings: HealthConfiguration;
  readonly probes: Probes;
  /** Ends with the monitor. */
  readonly signal: AbortSignal;
}

/**
 * The health checks of one endpoint: those under way, the next one, and who waits for the verdict.
 * Checks follow each other every `transitionIntervalInMs` while their answers contradict the state.
 */
export class EndpointWatch {
  readonly #endpoint: RegisteredEndpoint;
  readonly #context: WatchContext;
  readonly #silence = new SilenceDetector();
  readonly #canaries: CanarySeries;
  readonly #recovery: EjectionRecovery;
  /** Number of the newest check. */
  #sequence = 0;
  #unanswered = 0;
  /** Somebody complained since the newest check started. */
  #isSuspected = false;
  /** When the newest check started, and the newest that was answered; monotonic milliseconds. */
  #startedAt = Number.NEGATIVE_INFINITY;
  #answeredStartedAt = Number.NEGATIVE_INFINITY;
  #next: NodeJS.Timeout | undefined;
  #verdict: { promise: Promise<void>; settle: () => void } | undefined;

  constructor(endpoint: RegisteredEndpoint, context: WatchContext) {
    this.#endpoint = endpoint;
    this.#context = context;
    const { settings, registry, probes } = context;
    this.#canaries = new CanarySeries({
      send: () => probes.canary(endpoint.endpoint, this.#probeOptions()),
      record: (result) => this.#recordCanary(result),
      isUndecided: () => this.#isWatched && this.#isUndecidedByCalls,
      intervalInMs: settings.transitionIntervalInMs,
    });
    this.#recovery = new EjectionRecovery(endpoint, {
      isWatched: () => this.#isWatched,
      sendCanary: () => this.#canaries.send(),
      record: (hasPassed) => registry.recordEjectionEnd(endpoint, hasPassed),
      pauseInMs: settings.transitionIntervalInMs,
    });
    endpoint.endpoint.onUnproven = () => {
      if (this.#isWatched) void this.#canaries.ask();
    };
  }

  /** When the newest check started, monotonic milliseconds. */
  get startedAt(): number {
    return this.#startedAt;
  }

  /** Whether the last answer is too old, or too contradictory, to send a client there. */
  get needsCheck(): boolean {
    const ageInMs = performance.now() - this.#answeredStartedAt;
    return this.#endpoint.isInDoubt || ageInMs > this.#context.settings.onDemandMaxAgeInMs;
  }

  /** Whether a check has been unanswered for longer than anybody should wait for. */
  get isSilent(): boolean {
    return this.#silence.isSilent;
  }

  /** Checks now, or joins the check under way; resolves when its answers no longer contradict the state. */
  check(): Promise<void> {
    if (this.#isIdle) this.#launch();
    return this.#whenDecided();
  }

  /** Checks soon: however many complaints there are, they cost one check an interval at most. */
  suspect(): void {
    this.#isSuspected = true;
    if (this.#isIdle) this.#scheduleNext();
  }

  /**
   * A call has failed: whether that was the endpoint's fault is for a canary to say. However many
   * calls fail, they cost one canary an interval at most.
   */
  async judge(): Promise<CanaryResult> {
    this.suspect();
    this.#recovery.schedule();
    const isOut = this.#endpoint.calls.status === "ejected";
    return isOut ? { kind: "failed" } : this.#canaries.ask();
  }

  /** Somebody else has found it down, maybe by calls that are not made here. */
  examine(): void {
    this.suspect();
    if (this.#endpoint.state === "healthy") void this.#canaries.ask();
  }

  /** Stops its timers, and lets go whoever waits for the verdict. */
  end(): void {
    this.#recovery.end();
    this.#canaries.end();
    this.#cancelNext();
    this.#silence.reset();
    this.#verdict?.settle();
  }

  get #isWatched(): boolean {
    return !this.#context.signal.aborted && this.#context.registry.has(this.#endpoint);
  }

  get #isIdle(): boolean {
    return this.#unanswered === 0 && this.#next === undefined;
  }

  get #isUndecidedByCalls(): boolean {
    const { calls } = this.#endpoint;
    return isSuspect(calls, this.#context.settings.fall) || isUnsettled(calls);
  }

  /**
   * Its health checks fail as well, and its calls have not said enough: theirs is the verdict then,
   * since they find the way back sooner than an ejection ends.
   */
  get #isSeenByHealthChecks(): boolean {
    const { calls, health, isInDoubt } = this.#endpoint;
    const isSuspectByCalls = isSuspect(calls, this.#context.settings.fall);
    return health.status === "healthy" && isInDoubt && !isSuspectByCalls;
  }

  #probeOptions(): ProbeOptions {
    const { settings, signal } = this.#context;
    return { timeoutInMs: settings.timeoutInMs, signal };
  }

  #launch(): void {
    if (this.#context.signal.aborted) return;
    this.#sequence += 1;
    const sequence = this.#sequence;
    const startedAt = performance.now();
    const at = Date.now();
    this.#startedAt = startedAt;
    this.#unanswered += 1;
    this.#isSuspected = false;
    this.#silence.expectAnswer(this.#patienceInMs());
    this.#scheduleNext();
    void this.#look().then((result) => {
      this.#unanswered -= 1;
      if (!this.#isWatched) return;
      if (isHeard(result)) this.#onHeard();
      if (result !== "inconclusive") {
        if (!result.ok) this.#canaries.drop();
        this.#answeredStartedAt = Math.max(this.#answeredStartedAt, startedAt);
        const durationInMs = performance.now() - startedAt;
        this.#context.registry.recordProbe(this.#endpoint, sequence, result, { at, durationInMs });
      }
      this.#afterAnswer();
    });
  }

  /** Before an endpoint is used, for the first time or again, a canary must pass as well. */
  async #look(): Promise<ProbeResult> {
    const { probes, settings } = this.#context;
    const result = await probes.health(this.#endpoint.endpoint, this.#probeOptions());
    if (result === "inconclusive" || !result.ok) return result;
    // Asked only now: the endpoint may have gone down while this check was under way.
    if (this.#endpoint.health.status === "healthy") return result;
    const canary = await this.#canaries.send();
    switch (canary.kind) {
      case "passed":
        return { ok: true, isAuthenticated: true };
      case "rejected":
        return rejection(canary.clockSkewInMs);
      case "inconclusive":
        return "inconclusive";
      case "failed": {
        // The region says that it is well and does not do what it is asked: that is for the calls,
        // and nothing is decided while they have not.
        const isForCalls = settings.passive && this.#endpoint.calls.status !== "ejected";
        return isForCalls ? "inconclusive" : result;
      }
    }
  }

  #recordCanary(result: CanaryResult): void {
    if (!this.#isWatched || result.kind === "inconclusive") return;
    const { registry, settings } = this.#context;
    const hasPassed = result.kind === "passed";
    if (result.kind !== "passed") registry.recordFailure(this.#endpoint, "canary", result);
    registry.recordLastCanary(this.#endpoint, hasPassed);
    if (result.kind === "rejected") {
      // While it is not healthy, the check that sent the canary tells.
      if (this.#endpoint.health.status === "healthy") this.#reject(result.clockSkewInMs);
      return;
    }
    if (!settings.passive || (!hasPassed && this.#isSeenByHealthChecks)) return;
    registry.recordCanary(this.#endpoint, hasPassed);
    this.#recovery.schedule();
  }

  /** The service refuses our credentials. */
  #reject(clockSkewInMs: number | undefined): void {
    // Checks under way have not looked at the credentials; they must not speak for them.
    this.#sequence += 1;
    const outcome = rejection(clockSkewInMs);
    this.#context.registry.recordRejectedCredentials(this.#endpoint, this.#sequence, outcome);
    this.suspect();
  }

  #onHeard(): void {
    this.#silence.reset();
    if (this.#unanswered > 0) this.#silence.expectAnswer(this.#patienceInMs());
  }

  #afterAnswer(): void {
    // What the answer changed may have made somebody remove the endpoint.
    if (!this.#isWatched) return;
    this.#recovery.schedule();
    if (this.#endpoint.isInDoubt) {
      if (this.#isIdle) this.#scheduleNext();
      return;
    }
    if (!this.#isSuspected) this.#cancelNext();
    else if (this.#unanswered === 0) this.#scheduleNext();
    this.#verdict?.settle();
    this.#verdict = undefined;
  }

  /**
   * The next check of a transition starts one interval after the last, even when that one has not
   * been answered: a silent endpoint would else take `fall` whole deadlines to be found out.
   */
  #scheduleNext(): void {
    if (this.#context.signal.aborted) return;
    this.#cancelNext();
    const elapsedInMs = performance.now() - this.#startedAt;
    const delayInMs = Math.max(0, this.#context.settings.transitionIntervalInMs - elapsedInMs);
    this.#next = setTimeout(() => {
      this.#next = undefined;
      if (this.#mayLaunchNext()) this.#launch();
    }, delayInMs);
    this.#next.unref();
  }

  #mayLaunchNext(): boolean {
    if (this.#unanswered === 0) return this.#endpoint.isInDoubt || this.#isSuspected;
    const { fall } = this.#context.settings;
    return this.#endpoint.health.status !== "unhealthy" && this.#unanswered < fall;
  }

  #cancelNext(): void {
    clearTimeout(this.#next);
    this.#next = undefined;
  }

  /** As long as a negotiate waits, and longer for an endpoint that usually takes its time. */
  #patienceInMs(): number {
    const { onDemandBudgetInMs, timeoutInMs } = this.#context.settings;
    const { lastProbe } = this.#endpoint;
    const usualInMs = lastProbe?.ok ? lastProbe.durationInMs : 0;
    return Math.min(Math.max(onDemandBudgetInMs, 2 * usualInMs), timeoutInMs);
  }

  #whenDecided(): Promise<void> {
    if (this.#context.signal.aborted) return Promise.resolve();
    if (this.#verdict === undefined) {
      let settle = (): void => {};
      const promise = new Promise<void>((resolve) => {
        settle = resolve;
      });
      this.#verdict = { promise, settle };
    }
    return this.#verdict.promise;
  }
}

const rejection = (clockSkewInMs: number | undefined): ProbeOutcome => ({
  ok: false,
  reason: "credentials-rejected",
  isDecisive: true,
  clockSkewInMs,
});

/** Anything but silence, be it a refusal. */
const isHeard = (result: ProbeResult): boolean =>
  result !== "inconclusive" && (result.ok || result.reason !== "timeout");
