import { setMaxListeners } from "node:events";
import type { RegisteredEndpoint } from "../endpoints/registered-endpoint.ts";
import type { EndpointRegistry } from "../endpoints/registry.ts";
import type { HealthConfiguration } from "../options/parse-options.ts";
import type { Endpoint } from "../service/endpoint.ts";
import { signalOf } from "../service/passive-signal.ts";
import type { CredentialCheckResult } from "./credential-check.ts";
import { EjectionRecovery } from "./ejection-recovery.ts";
import { HealthJob } from "./health-job.ts";
import type { ProbeOptions, ProbeResult } from "./probe.ts";
import { SilenceDetector } from "./silence-detector.ts";

/** How an endpoint is looked at. */
export interface Probes {
  health(endpoint: Endpoint, options: ProbeOptions): Promise<ProbeResult>;
  credentials(endpoint: Endpoint, options: ProbeOptions): Promise<CredentialCheckResult>;
}

/** The health checks of one endpoint: those under way, and who waits for them. */
interface Watch {
  sequence: number;
  unanswered: number;
  readonly silence: SilenceDetector;
  /** Somebody complained since the newest probe started. */
  isSuspected: boolean;
  /** When the newest probe started, and the newest that was answered; monotonic milliseconds. */
  startedAt: number;
  answeredStartedAt: number;
  next: NodeJS.Timeout | undefined;
  verdict: { promise: Promise<void>; settle: () => void } | undefined;
}

/**
 * Decides when endpoints are checked: by the cron job, on demand, and again every
 * `transitionIntervalInMs` while the answers contradict the state.
 */
export class HealthMonitor {
  readonly #registry: EndpointRegistry;
  readonly #settings: HealthConfiguration;
  readonly #probes: Probes;
  readonly #watches = new Map<RegisteredEndpoint, Watch>();
  readonly #closing = new AbortController();
  readonly #reviews: EjectionRecovery;
  #job: HealthJob | undefined;

  constructor(registry: EndpointRegistry, settings: HealthConfiguration, probes: Probes) {
    this.#registry = registry;
    this.#settings = settings;
    this.#probes = probes;
    // One listener for each probe under way is no leak, however many endpoints there are.
    setMaxListeners(0, this.#closing.signal);
    this.#reviews = new EjectionRecovery({
      isWatched: (endpoint) => !this.#closing.signal.aborted && registry.has(endpoint),
      check: ({ endpoint }) => probes.credentials(endpoint, this.#probeOptions()),
      record: (endpoint, result) => {
        if (result === "rejected") this.#reject(endpoint);
        else registry.recordEjectionCheck(endpoint, result === "accepted");
      },
      pauseInMs: settings.transitionIntervalInMs,
    });
  }

  /**
   * Checks every endpoint once, and then as scheduled.
   *
   * @returns A promise that resolves when the first checks are decided, or on `close`.
   */
  start(): Promise<void> {
    if (this.#settings.schedule !== false) {
      // The job does not wait for its probes: a silent endpoint would hold up the next run for all,
      // and each endpoint joins its own check under way as it is.
      this.#job = new HealthJob(this.#settings.schedule, () => void this.checkAll());
      this.#job.start();
    }
    return this.checkAll();
  }

  /** Checks all endpoints in parallel; resolves when all are decided. */
  async checkAll(): Promise<void> {
    await Promise.all(this.#registry.all().map((endpoint) => this.check(endpoint)));
  }

  /**
   * Checks one endpoint now, or joins the check under way. Resolves when its answers no longer
   * contradict its state; never rejects.
   */
  check(endpoint: RegisteredEndpoint): Promise<void> {
    if (!this.#registry.has(endpoint)) return Promise.resolve();
    const watch = this.#watchOf(endpoint);
    if (this.#isIdle(watch)) this.#launch(endpoint, watch);
    return this.#verdictOf(watch);
  }

  /**
   * Checks an endpoint that somebody complained about: soon, but however many complaints there
   * are, they cost at most one probe each `transitionIntervalInMs`.
   */
  suspect(endpoint: RegisteredEndpoint): void {
    if (!this.#registry.has(endpoint)) return;
    const watch = this.#watchOf(endpoint);
    watch.isSuspected = true;
    if (this.#isIdle(watch)) this.#scheduleNext(endpoint, watch);
  }

  /**
   * Takes the outcome of a real call as evidence: of its success when there is no error.
   *
   * @param startedAt When the call began, in the time of `performance.now()`. A call that began
   *   before the endpoint's state changed speaks of the time before, and does not count.
   */
  report(endpoint: RegisteredEndpoint, error?: unknown, startedAt = performance.now()): void {
    if (!this.#settings.passive || !this.#registry.has(endpoint)) return;
    if (startedAt < endpoint.changedAt) return;
    const signal = error === undefined ? "success" : signalOf(error);
    if (signal === undefined) return;
    if (signal === "success") {
      this.#registry.recordCall(endpoint, true);
      return;
    }
    if (signal === "failure") {
      this.#registry.recordCall(endpoint, false);
      this.#reviews.schedule(endpoint);
      this.suspect(endpoint);
    } else {
      this.#reject(endpoint);
    }
  }

  /** A call has failed and will be repeated: a reason to look, while only its end is evidence. */
  reportAttempt(endpoint: RegisteredEndpoint, error: unknown): void {
    if (this.#settings.passive && signalOf(error) === "failure") this.suspect(endpoint);
  }

  /** Whether the last answer is too old, or too contradictory, to send a client there. */
  needsCheck(endpoint: RegisteredEndpoint): boolean {
    const ageInMs = performance.now() - this.#watchOf(endpoint).answeredStartedAt;
    return endpoint.isInDoubt || ageInMs > this.#settings.onDemandMaxAgeInMs;
  }

  /** Whether it has left a check unanswered for longer than anybody should wait for. */
  isSilent(endpoint: RegisteredEndpoint): boolean {
    return this.#watchOf(endpoint).silence.isSilent;
  }

  /**
   * Keeps an eye on an endpoint that clients are sent to, and waits for nothing. A silent endpoint
   * is found out one deadline after the first check that it leaves unanswered, so under traffic the
   * checks follow each other more closely than a negotiate would insist on.
   */
  refresh(endpoint: RegisteredEndpoint): void {
    if (!this.#registry.has(endpoint)) return;
    const ageInMs = performance.now() - this.#watchOf(endpoint).startedAt;
    if (ageInMs > this.#settings.onDemandMaxAgeInMs / 5) void this.check(endpoint);
  }

  /**
   * Checks the endpoints that are down and have not been looked at for a while. Whoever has traffic
   * calls this and waits for nothing: so the way back is found long before the next scheduled check.
   */
  lookForRecovery(): void {
    for (const endpoint of this.#registry.all()) {
      const isDown = endpoint.health.status === "unhealthy";
      if (isDown && this.needsCheck(endpoint)) void this.check(endpoint);
    }
  }

  /** Forgets an endpoint that was removed. */
  unwatch(endpoint: RegisteredEndpoint): void {
    this.#reviews.forget(endpoint);
    const watch = this.#watches.get(endpoint);
    if (watch) this.#end(watch);
    this.#watches.delete(endpoint);
  }

  /** Stops the job, the timers and the probes under way. */
  async close(): Promise<void> {
    this.#closing.abort();
    this.#reviews.close();
    for (const watch of this.#watches.values()) this.#end(watch);
    await this.#job?.close();
  }

  #probeOptions(): ProbeOptions {
    return { timeoutInMs: this.#settings.timeoutInMs, signal: this.#closing.signal };
  }

  #reject(endpoint: RegisteredEndpoint): void {
    // Checks under way have not looked at the credentials; they must not speak for them.
    const sequence = ++this.#watchOf(endpoint).sequence;
    this.#registry.recordRejectedCredentials(endpoint, sequence);
    this.suspect(endpoint);
  }

  #launch(endpoint: RegisteredEndpoint, watch: Watch): void {
    if (this.#closing.signal.aborted) return;
    const sequence = ++watch.sequence;
    const startedAt = performance.now();
    const at = Date.now();
    watch.startedAt = startedAt;
    watch.unanswered += 1;
    watch.isSuspected = false;
    watch.silence.expectAnswer(this.#patienceInMs(endpoint));
    this.#scheduleNext(endpoint, watch);
    void this.#look(endpoint).then((outcome) => {
      watch.unanswered -= 1;
      if (this.#closing.signal.aborted || !this.#registry.has(endpoint)) return;
      if (isHeard(outcome)) {
        watch.silence.reset();
        if (watch.unanswered > 0) watch.silence.expectAnswer(this.#patienceInMs(endpoint));
      }
      if (outcome !== "inconclusive") {
        watch.answeredStartedAt = Math.max(watch.answeredStartedAt, startedAt);
        const durationInMs = performance.now() - startedAt;
        this.#registry.recordProbe(endpoint, sequence, outcome, { at, durationInMs });
      }
      this.#afterAnswer(endpoint, watch);
    });
  }

  /** Before an endpoint is used, for the first time or again, its credentials are tried as well. */
  async #look(endpoint: RegisteredEndpoint): Promise<ProbeResult> {
    const outcome = await this.#probes.health(endpoint.endpoint, this.#probeOptions());
    if (outcome === "inconclusive" || !outcome.ok) return outcome;
    // Asked only now: the endpoint may have gone down while this probe was under way.
    if (endpoint.health.status === "healthy") return outcome;
    switch (await this.#probes.credentials(endpoint.endpoint, this.#probeOptions())) {
      case "rejected":
        return { ok: false, reason: "credentials-rejected", isDecisive: true };
      case "inconclusive":
        return "inconclusive";
      case "failed":
        // The region says that it is well and does not do what it is asked: that is for the calls.
        if (this.#settings.passive) this.#registry.recordCall(endpoint, false);
        return outcome;
      case "accepted":
        return { ok: true, isAuthenticated: true };
    }
  }

  #afterAnswer(endpoint: RegisteredEndpoint, watch: Watch): void {
    if (!this.#registry.has(endpoint)) return;
    this.#reviews.schedule(endpoint);
    if (endpoint.isInDoubt) {
      if (watch.next === undefined && watch.unanswered === 0) this.#scheduleNext(endpoint, watch);
      return;
    }
    if (!watch.isSuspected) this.#cancelNext(watch);
    else if (watch.unanswered === 0) this.#scheduleNext(endpoint, watch);
    watch.verdict?.settle();
    watch.verdict = undefined;
  }

  /**
   * The next probe of a transition starts one interval after the last, even when that one has not
   * been answered: a silent endpoint would else take `fall` whole deadlines to be found out.
   */
  #scheduleNext(endpoint: RegisteredEndpoint, watch: Watch): void {
    if (this.#closing.signal.aborted) return;
    this.#cancelNext(watch);
    const elapsed = performance.now() - watch.startedAt;
    const delay = Math.max(0, this.#settings.transitionIntervalInMs - elapsed);
    watch.next = setTimeout(() => {
      watch.next = undefined;
      if (this.#mayLaunchNext(endpoint, watch)) this.#launch(endpoint, watch);
    }, delay);
    watch.next.unref();
  }

  #mayLaunchNext(endpoint: RegisteredEndpoint, watch: Watch): boolean {
    if (watch.unanswered === 0) return endpoint.isInDoubt || watch.isSuspected;
    return endpoint.health.status !== "unhealthy" && watch.unanswered < this.#settings.fall;
  }

  /** As long as a negotiate waits, and longer for an endpoint that usually takes its time. */
  #patienceInMs({ lastProbe }: RegisteredEndpoint): number {
    const { onDemandBudgetInMs, timeoutInMs } = this.#settings;
    const usualInMs = lastProbe?.ok ? lastProbe.durationInMs : 0;
    return Math.min(Math.max(onDemandBudgetInMs, 2 * usualInMs), timeoutInMs);
  }

  #isIdle(watch: Watch): boolean {
    return watch.unanswered === 0 && watch.next === undefined;
  }

  #verdictOf(watch: Watch): Promise<void> {
    if (this.#closing.signal.aborted) return Promise.resolve();
    if (watch.verdict === undefined) {
      let settle = (): void => {};
      const promise = new Promise<void>((resolve) => {
        settle = resolve;
      });
      watch.verdict = { promise, settle };
    }
    return watch.verdict.promise;
  }

  #watchOf(endpoint: RegisteredEndpoint): Watch {
    const known = this.#watches.get(endpoint);
    if (known) return known;
    const watch: Watch = {
      sequence: 0,
      unanswered: 0,
      silence: new SilenceDetector(),
      isSuspected: false,
      startedAt: Number.NEGATIVE_INFINITY,
      answeredStartedAt: Number.NEGATIVE_INFINITY,
      next: undefined,
      verdict: undefined,
    };
    this.#watches.set(endpoint, watch);
    return watch;
  }

  #cancelNext(watch: Watch): void {
    clearTimeout(watch.next);
    watch.next = undefined;
  }

  #end(watch: Watch): void {
    this.#cancelNext(watch);
    watch.silence.reset();
    watch.verdict?.settle();
  }
}

/** Anything but silence, be it a refusal. */
const isHeard = (outcome: ProbeResult): boolean =>
  outcome !== "inconclusive" && (outcome.ok || outcome.reason !== "timeout");
