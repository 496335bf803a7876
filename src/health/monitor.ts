import { setMaxListeners } from "node:events";
import type { RegisteredEndpoint } from "../endpoints/registered-endpoint.ts";
import type { EndpointRegistry } from "../endpoints/registry.ts";
import type { HealthConfiguration } from "../options/parse-options.ts";
import type { Failure } from "../service/failure.ts";
import type { CanaryResult } from "./canary.ts";
import { EndpointWatch, type Probes } from "./endpoint-watch.ts";
import { HealthJob } from "./health-job.ts";

/** Decides when endpoints are checked: by the cron job, on demand, and when calls to them fail. */
export class HealthMonitor {
  readonly #registry: EndpointRegistry;
  readonly #settings: HealthConfiguration;
  readonly #probes: Probes;
  readonly #watches = new Map<RegisteredEndpoint, EndpointWatch>();
  readonly #closing = new AbortController();
  #job: HealthJob | undefined;
  #opening: Promise<void> | undefined;

  constructor(registry: EndpointRegistry, settings: HealthConfiguration, probes: Probes) {
    this.#registry = registry;
    this.#settings = settings;
    this.#probes = probes;
    // One listener for each probe under way is no leak, however many endpoints there are.
    setMaxListeners(0, this.#closing.signal);
  }

  /**
   * Checks every endpoint once, and then as scheduled.
   *
   * @returns A promise that resolves when the first checks are decided, or on `close`.
   */
  start(): Promise<void> {
    const opened = this.#registry.all().map(({ endpoint }) => endpoint.opened);
    this.#opening = Promise.allSettled(opened).then(() => {
      this.#opening = undefined;
    });
    if (this.#settings.schedule !== false) {
      // The job does not wait for its probes: a silent endpoint would hold up the next run for all,
      // and each endpoint joins its own check under way as it is.
      this.#job = new HealthJob(this.#settings.schedule, () => void this.checkAll());
      this.#job.start();
    }
    return this.checkAll();
  }

  /**
   * Resolves when calls can be made; undefined once they can. Until then it is this process that is
   * not ready, and whoever waits for a verdict within a budget should not begin to count.
   */
  get opening(): Promise<void> | undefined {
    return this.#opening;
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
    return this.#registry.has(endpoint) ? this.#watchOf(endpoint).check() : Promise.resolve();
  }

  /**
   * Checks an endpoint that somebody complained about: soon, but however many complaints there
   * are, they cost at most one probe each `transitionIntervalInMs`.
   */
  suspect(endpoint: RegisteredEndpoint): void {
    if (this.#registry.has(endpoint)) this.#watchOf(endpoint).suspect();
  }

  /**
   * Looks at an endpoint that another server has found down: at its health, and, since that may be
   * green, by a canary. Costs as little as `suspect`.
   */
  examine(endpoint: RegisteredEndpoint): void {
    if (this.#registry.has(endpoint)) this.#watchOf(endpoint).examine();
  }

  /**
   * Takes a real call that succeeded as evidence.
   *
   * @param startedAt When the call began, in the time of `performance.now()`. A call that began
   *   before the endpoint's state changed speaks of the time before, and does not count.
   */
  reportSuccess(endpoint: RegisteredEndpoint, startedAt = performance.now()): void {
    if (this.#counts(endpoint, startedAt)) this.#registry.recordCall(endpoint, true);
  }

  /**
   * Takes a real call that failed as evidence; `startedAt` as in `reportSuccess`. Never rejects.
   *
   * @returns What a canary of this moment says of the endpoint; undefined when none was needed.
   */
  async reportFailure(
    endpoint: RegisteredEndpoint,
    { evidence, kind }: Failure,
    startedAt = performance.now(),
  ): Promise<CanaryResult | undefined> {
    // That a call could not be sent is a reason to look: the endpoint may take no connections.
    if (kind === "own-exhaustion" && this.#settings.passive) this.suspect(endpoint);
    if (evidence === "none" || !this.#counts(endpoint, startedAt)) return undefined;
    this.#registry.recordCall(endpoint, false);
    return this.#watchOf(endpoint).judge();
  }

  /** A call has failed and will be repeated: a reason to look, while only its end is evidence. */
  reportAttempt(endpoint: RegisteredEndpoint, { evidence }: Failure): void {
    if (this.#settings.passive && evidence !== "none") this.suspect(endpoint);
  }

  /** Whether the last answer is too old, or too contradictory, to send a client there. */
  needsCheck(endpoint: RegisteredEndpoint): boolean {
    return this.#watchOf(endpoint).needsCheck;
  }

  /** Whether it has left a check unanswered for longer than anybody should wait for. */
  isSilent(endpoint: RegisteredEndpoint): boolean {
    return this.#watchOf(endpoint).isSilent;
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

  /** Ends the checks of an endpoint that was removed. */
  unwatch(endpoint: RegisteredEndpoint): void {
    this.#watches.get(endpoint)?.end();
    this.#watches.delete(endpoint);
  }

  /** Stops the job, the timers and the probes under way. */
  async close(): Promise<void> {
    this.#closing.abort();
    for (const watch of this.#watches.values()) watch.end();
    await this.#job?.close();
  }

  #counts(endpoint: RegisteredEndpoint, startedAt: number): boolean {
    const isInTime = startedAt >= endpoint.changedAt;
    return this.#settings.passive && this.#registry.has(endpoint) && isInTime;
  }

  #watchOf(endpoint: RegisteredEndpoint): EndpointWatch {
    const known = this.#watches.get(endpoint);
    if (known) return known;
    const watch = new EndpointWatch(endpoint, {
      registry: this.#registry,
      settings: this.#settings,
      probes: this.#probes,
      signal: this.#closing.signal,
    });
    this.#watches.set(endpoint, watch);
    return watch;
  }
}
