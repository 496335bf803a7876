import type { DownReason } from "../contract/endpoint.ts";
import { BoundedMap } from "../kit/bounded-map.ts";
import { InvalidOptionsError, ResilientPubSubError } from "../kit/errors.ts";
import { isSameOrigin } from "../kit/loopback.ts";
import { thisMoment } from "../kit/moment.ts";
import type { InternalEvents } from "../kit/typed-events.ts";
import type { Endpoint } from "../service/endpoint.ts";
import { afterCall, afterCanary, afterEjection, afterRecovery } from "./call-state.ts";
import type { EvacuationPace } from "./evacuation-pace.ts";
import {
  afterProbe,
  isInRecoveryPeriod,
  type ProbeOutcome,
  type Thresholds,
} from "./health-state.ts";
import { type Movement, movementsBetween } from "./movements.ts";
import { createRecord, type EndpointRecord, RegisteredEndpoint } from "./registered-endpoint.ts";
import { type Routable, servingEndpoints } from "./serving-order.ts";

/** More than an operator removes in the life of a process. */
const maxRemoved = 1000;

/** The set of endpoints, and the only place where their state changes. Every change is announced. */
export class EndpointRegistry {
  readonly #thresholds: Thresholds;
  readonly #events: InternalEvents;
  readonly #isAgreed: boolean;
  readonly #endpoints = new Map<string, RegisteredEndpoint>();
  /** The same in order, made anew with every change: each negotiate asks for them several times. */
  #all: readonly RegisteredEndpoint[] = [];
  readonly #records = new WeakMap<RegisteredEndpoint, EndpointRecord>();
  /** Names of endpoints that were removed, and not added again. */
  readonly #removed = new BoundedMap<string, true>(maxRemoved);
  /** The last endpoints that served; they are remembered while nobody does. */
  #serving: readonly Routable[];
  #isAllDown = false;
  /** Until the first round of probes is decided, there is nothing to move away from. */
  #isStarting = true;

  /**
   * @param isAgreed Whether servers agree on where clients are sent: then a change here moves nobody.
   *   Default false.
   */
  constructor(
    endpoints: readonly Endpoint[],
    thresholds: Thresholds,
    events: InternalEvents,
    { isAgreed = false } = {},
  ) {
    this.#thresholds = thresholds;
    this.#events = events;
    this.#isAgreed = isAgreed;
    for (const endpoint of endpoints) this.#register(endpoint, { joining: false });
    this.#serving = servingEndpoints(this.all());
  }

  /** As they are now; what is added or removed later does not show in it. */
  all(): readonly RegisteredEndpoint[] {
    return this.#all;
  }

  /** The one of that name, which may be leaving. */
  find(name: string): RegisteredEndpoint | undefined {
    return this.#endpoints.get(name);
  }

  /** @throws ResilientPubSubError `ERR_UNKNOWN_ENDPOINT`, also for an endpoint that is leaving */
  get(name: string): RegisteredEndpoint {
    const endpoint = this.find(name);
    if (endpoint && !endpoint.leaving) return endpoint;
    const known = this.#staying()
      .map((other) => other.name)
      .join(", ");
    throw new ResilientPubSubError(
      "ERR_UNKNOWN_ENDPOINT",
      `No endpoint is called "${name}"; the endpoints are ${known}`,
    );
  }

  #register(endpoint: Endpoint, { joining }: { joining: boolean }): RegisteredEndpoint {
    const record = createRecord(joining);
    const registered = new RegisteredEndpoint(endpoint, record);
    this.#endpoints.set(endpoint.name, registered);
    this.#all = [...this.#endpoints.values()];
    this.#removed.delete(endpoint.name);
    this.#records.set(registered, record);
    return registered;
  }

  /** Undefined for one that is not, or no longer, one of the set. */
  #recordOf(endpoint: RegisteredEndpoint): EndpointRecord | undefined {
    return this.has(endpoint) ? this.#records.get(endpoint) : undefined;
  }

  #update(endpoint: RegisteredEndpoint, change: Partial<EndpointRecord>): void {
    const record = this.#recordOf(endpoint);
    if (record) Object.assign(record, change);
  }

  #staying(): RegisteredEndpoint[] {
    return this.all().filter(({ leaving }) => !leaving);
  }

  /** Whether it is one of the set; one that is leaving still is. */
  has(endpoint: RegisteredEndpoint): boolean {
    return this.#endpoints.get(endpoint.name) === endpoint;
  }

  /** Whether an operator has removed the endpoint of this name, which may still be leaving. */
  hasRemoved(name: string): boolean {
    return this.#removed.get(name) === true;
  }

  /** Counts the outcome of one probe, unless a newer one of this endpoint has been counted. */
  recordProbe(
    endpoint: RegisteredEndpoint,
    sequence: number,
    outcome: ProbeOutcome,
    timing: { at: number; durationInMs: number },
  ): void {
    const record = this.#recordOf(endpoint);
    if (!record || sequence < record.lastSequence) return;
    record.lastSequence = sequence;
    const { ok } = outcome;
    record.lastProbe = Object.freeze({
      ...timing,
      ok,
      ...(!outcome.ok && { reason: outcome.reason }),
      ...(!outcome.ok && outcome.code !== undefined && { code: outcome.code }),
    });
    this.#change(endpoint, (record) => {
      const before = record.health;
      this.#countProbe(record, outcome);
      const isBack = before.status === "unhealthy" && record.health.status === "healthy";
      const isProven = outcome.ok && outcome.isAuthenticated === true;
      if (isBack && isProven) record.calls = afterRecovery(record.calls);
    });
  }

  /** Counts a real call, apart from the health checks. */
  recordCall(endpoint: RegisteredEndpoint, hasSucceeded: boolean): void {
    const calls = afterCall(endpoint.calls, hasSucceeded, this.#thresholds.fall, thisMoment());
    if (calls === endpoint.calls) return;
    this.#change(endpoint, (record) => {
      record.calls = calls;
    });
  }

  /** Remembers a call or canary that has failed, whether or not it counts for anything. */
  recordFailure(
    endpoint: RegisteredEndpoint,
    operation: string,
    { status, code }: { readonly status?: number | undefined; readonly code?: string | undefined },
  ): void {
    const lastFailure = Object.freeze({ at: Date.now(), operation, status, code });
    this.#update(endpoint, { lastFailure });
  }

  /** Remembers a canary that has ended. */
  recordLastCanary(endpoint: RegisteredEndpoint, ok: boolean): void {
    this.#update(endpoint, { lastCanary: Object.freeze({ at: Date.now(), ok }) });
  }

  /** Counts a canary, which decides about what the calls say. */
  recordCanary(endpoint: RegisteredEndpoint, hasPassed: boolean): void {
    this.#change(endpoint, (record) => {
      record.calls = afterCanary(record.calls, hasPassed, this.#thresholds.fall, thisMoment());
    });
  }

  /** Counts the canary at the end of an ejection. */
  recordEjectionEnd(endpoint: RegisteredEndpoint, hasPassed: boolean): void {
    this.#change(endpoint, (record) => {
      record.calls = afterEjection(record.calls, hasPassed, thisMoment());
    });
  }

  /** The service refuses our credentials, which no health check can see: out at once. */
  recordRejectedCredentials(
    endpoint: RegisteredEndpoint,
    sequence: number,
    outcome: ProbeOutcome,
  ): void {
    this.#change(endpoint, (record) => {
      record.lastSequence = sequence;
      this.#countProbe(record, outcome);
    });
  }

  #countProbe(record: EndpointRecord, outcome: ProbeOutcome): void {
    record.health = afterProbe(record.health, outcome, this.#thresholds, thisMoment());
    if (record.health.status === "healthy") record.joining = false;
    record.clockSkewInMs = outcome.ok ? undefined : outcome.clockSkewInMs;
  }

  /**
   * Endpoints that answer well and are out for another reason: their calls failed, or they have
   * come and gone too often. When there is nothing better, they are better than nothing.
   */
  ejectedOrRecovering(): RegisteredEndpoint[] {
    return this.all().filter(
      (endpoint) =>
        !endpoint.drained && endpoint.state === "unhealthy" && this.isAnswering(endpoint),
    );
  }

  /** Whether it answers its health checks, though it may be out for another reason. */
  isAnswering({ health }: RegisteredEndpoint): boolean {
    return health.status === "healthy" || isInRecoveryPeriod(health, this.#thresholds);
  }

  /**
   * Who gets what is sent to all: every healthy endpoint, and those that answer well again but must
   * prove themselves before they get new clients, since they may have some. While negotiate has to
   * answer with ejected or recovering endpoints, these too, or their clients would hear nothing.
   */
  fanOutTargets(): ReadonlySet<RegisteredEndpoint> {
    const all = this.all();
    const well = all.filter(
      ({ state, health }) => state === "healthy" || isInRecoveryPeriod(health, this.#thresholds),
    );
    return new Set(
      all.some(({ isUsable }) => isUsable) ? well : [...well, ...this.ejectedOrRecovering()],
    );
  }

  #change(endpoint: RegisteredEndpoint, task: (record: EndpointRecord) => void): void {
    const record = this.#recordOf(endpoint);
    if (!record) return;
    const before = endpoint.state;
    const reasonBefore = endpoint.downReason;
    task(record);
    const { name, state, downReason } = endpoint;
    if (downReason === "credentials-rejected" && reasonBefore !== downReason) {
      const { clockSkewInMs } = record;
      this.#events.emit("credentialsRejected", {
        endpoint: name,
        ...(clockSkewInMs !== undefined && { clockSkewInMs }),
      });
    }
    if (state === before) return;
    const now = thisMoment();
    const lastedInMs = Math.round(now.monotonic - record.changedAt);
    record.since = now.at;
    record.changedAt = now.monotonic;
    if (state === "healthy") {
      this.#events.emit("endpointUp", {
        endpoint: name,
        ...(reasonBefore && { reason: reasonBefore, downForInMs: lastedInMs }),
      });
    } else if (downReason) {
      const { failure } = endpoint;
      this.#events.emit("endpointDown", {
        endpoint: name,
        reason: downReason,
        ...(failure && { failure }),
        ...(before === "healthy" && { upForInMs: lastedInMs }),
      });
    }
    this.#announceMovements();
  }

  /** Takes an endpoint out of negotiate; fan-out still reaches the clients that it has. */
  drain(name: string): void {
    const endpoint = this.get(name);
    if (endpoint.drained) return;
    this.#update(endpoint, { drained: true });
    this.#events.emit("endpointDrained", { endpoint: name });
    this.#announceMovements();
  }

  undrain(name: string): void {
    const endpoint = this.get(name);
    if (!endpoint.drained) return;
    this.#update(endpoint, { drained: false });
    this.#events.emit("endpointUndrained", { endpoint: name });
    this.#announceMovements();
  }

  /** Has its clients moved away at this pace, or no more when that is undefined. */
  evacuate(endpoint: RegisteredEndpoint, pace: EvacuationPace | undefined): void {
    this.#update(endpoint, { evacuation: pace });
  }

  /** Prefers one endpoint over all others, in place of the one that was forced before. */
  force(name: string): void {
    const endpoint = this.get(name);
    if (endpoint.forced) return;
    this.#unforce();
    this.#update(endpoint, { forced: true });
    this.#events.emit("failoverForced", { endpoint: name });
    this.#announceMovements();
  }

  clearForce(): void {
    if (this.#unforce()) this.#announceMovements();
  }

  #unforce(): boolean {
    const forced = this.all().find((endpoint) => endpoint.forced);
    if (forced === undefined) return false;
    this.#update(forced, { forced: false });
    this.#events.emit("forceCleared", { endpoint: forced.name });
    return true;
  }

  /**
   * The leaving endpoints that must be gone before this one can be added, since they have its name
   * or its URL.
   *
   * @throws InvalidOptionsError when one has that is not leaving
   */
  replacedBy({ name, config }: Endpoint): RegisteredEndpoint[] {
    const twins = this.all().filter(
      ({ name: other, endpoint }) =>
        other === name || isSameOrigin(endpoint.config.url, config.url),
    );
    const taken = twins.find(({ leaving }) => !leaving);
    if (taken === undefined) return twins;
    const message = `name or URL is taken by "${taken.name}" (${taken.endpoint.config.url}); give each endpoint its own`;
    throw new InvalidOptionsError([{ path: `endpoint "${name}"`, message }]);
  }

  /**
   * Adds an endpoint that is used once it has been found healthy.
   *
   * @throws InvalidOptionsError when the name or the URL is taken
   */
  add(endpoint: Endpoint): RegisteredEndpoint {
    for (const twin of this.replacedBy(endpoint)) this.release(twin);
    const added = this.#register(endpoint, { joining: true });
    this.#events.emit("endpointAdded", { endpoint: endpoint.name });
    return added;
  }

  /**
   * Takes an endpoint out of negotiate for good; it stays in fan-out until it is released.
   *
   * @throws InvalidOptionsError when no endpoint would be left
   */
  remove(name: string): RegisteredEndpoint {
    const removed = this.get(name);
    if (this.#staying().length === 1) {
      const message = "is the last endpoint; add another one first";
      throw new InvalidOptionsError([{ path: `endpoint "${name}"`, message }]);
    }
    if (removed.forced) this.#unforce();
    this.#update(removed, { leaving: true });
    this.#removed.set(name, true);
    this.#events.emit("endpointLeaving", { endpoint: name });
    this.#announceMovements();
    return removed;
  }

  /** Ends the stay of an endpoint that was removed. */
  release(endpoint: RegisteredEndpoint): void {
    if (!this.has(endpoint) || !endpoint.leaving) return;
    this.#endpoints.delete(endpoint.name);
    this.#all = [...this.#endpoints.values()];
    this.#events.emit("endpointRemoved", { endpoint: endpoint.name });
  }

  #announceMovements(): void {
    const endpoints = this.#staying();
    const isFirstRound = this.#isStarting && endpoints.some(isAwaitedAtStart);
    if (isFirstRound) return;
    this.#isStarting = false;
    const before = this.#serving;
    const usable = endpoints.filter(({ isUsable }) => isUsable);
    const after = servingEndpoints(usable);
    if (after.length === 0) {
      this.#announceAllDown(endpoints);
      return;
    }
    this.#isAllDown = false;
    this.#serving = after;
    if (this.#isAgreed) return;
    for (const movement of movementsBetween(before, after, usable)) this.#announce(movement);
  }

  #announce({ kind, from, to }: Movement): void {
    if (kind === "failback") this.#events.emit("failback", { from, to });
    else this.#events.emit("failover", { from, to, reason: this.#whyLeft(from) });
  }

  #announceAllDown(endpoints: RegisteredEndpoint[]): void {
    if (this.#isAllDown) return;
    this.#isAllDown = true;
    this.#events.emit("allDown", {
      endpoints: endpoints.map(({ name, reason }) => ({ endpoint: name, reason })),
    });
  }

  #whyLeft(name: string): DownReason | "drained" | "forced" | "removed" {
    const endpoint = this.#endpoints.get(name);
    // One that is joining has only the name of the one that was left.
    if (endpoint === undefined || endpoint.leaving || endpoint.joining) return "removed";
    return endpoint.downReason ?? (endpoint.drained ? "drained" : "forced");
  }
}

/** One that was added meanwhile has nothing to do with what the first round finds. */
function isAwaitedAtStart({ health, joining }: RegisteredEndpoint): boolean {
  return health.status === "unknown" && !joining;
}
