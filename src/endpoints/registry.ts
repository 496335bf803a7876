import { InvalidOptionsError, ResilientPubSubError } from "../errors.ts";
import type { TypedEvents } from "../events.ts";
import { afterCall, afterReview } from "../health/call-state.ts";
import type { DownReason } from "../health/down-reason.ts";
import {
  afterProbe,
  isOnProof,
  type ProbeOutcome,
  type Thresholds,
} from "../health/health-state.ts";
import { thisMoment } from "../health/moment.ts";
import { type Movement, movementsBetween } from "../routing/movements.ts";
import { type Routable, servingEndpoints } from "../routing/serving.ts";
import type { Endpoint } from "./endpoint.ts";
import { RegisteredEndpoint } from "./registered-endpoint.ts";

/** The set of endpoints, and the only place where their state changes. Every change is announced. */
export class EndpointRegistry {
  readonly #thresholds: Thresholds;
  readonly #events: TypedEvents;
  readonly #endpoints = new Map<string, RegisteredEndpoint>();
  /** The last endpoints that served; they are remembered while nobody does. */
  #serving: readonly Routable[];
  #isAllDown = false;
  /** Until the first round of probes is decided, there is nothing to move away from. */
  #isStarting = true;

  constructor(endpoints: readonly Endpoint[], thresholds: Thresholds, events: TypedEvents) {
    this.#thresholds = thresholds;
    this.#events = events;
    for (const endpoint of endpoints) {
      this.#endpoints.set(endpoint.name, new RegisteredEndpoint(endpoint));
    }
    this.#serving = servingEndpoints(this.all());
  }

  all(): RegisteredEndpoint[] {
    return [...this.#endpoints.values()];
  }

  /** @throws ResilientPubSubError `ERR_UNKNOWN_ENDPOINT` */
  get(name: string): RegisteredEndpoint {
    const endpoint = this.#endpoints.get(name);
    if (endpoint) return endpoint;
    const known = [...this.#endpoints.keys()].join(", ");
    throw new ResilientPubSubError(
      "ERR_UNKNOWN_ENDPOINT",
      `No endpoint is called "${name}"; the endpoints are ${known}`,
    );
  }

  has(endpoint: RegisteredEndpoint): boolean {
    return this.#endpoints.get(endpoint.name) === endpoint;
  }

  /** Counts the outcome of one probe, unless a newer one of this endpoint has been counted. */
  recordProbe(
    endpoint: RegisteredEndpoint,
    sequence: number,
    outcome: ProbeOutcome,
    timing: { at: number; durationInMs: number },
  ): void {
    if (sequence < endpoint.lastSequence || !this.has(endpoint)) return;
    endpoint.lastSequence = sequence;
    const { ok } = outcome;
    endpoint.lastProbe = Object.freeze({
      ...timing,
      ok,
      ...(!outcome.ok && { reason: outcome.reason }),
    });
    this.#change(endpoint, () => {
      endpoint.health = afterProbe(endpoint.health, outcome, this.#thresholds, thisMoment());
    });
  }

  /** Counts a real call, apart from the health checks. */
  recordCall(endpoint: RegisteredEndpoint, hasSucceeded: boolean): void {
    this.#change(endpoint, () => {
      const { fall } = this.#thresholds;
      endpoint.calls = afterCall(endpoint.calls, hasSucceeded, fall, thisMoment());
    });
  }

  /** Counts the check at the end of an ejection. */
  recordReview(endpoint: RegisteredEndpoint, hasPassed: boolean): void {
    this.#change(endpoint, () => {
      endpoint.calls = afterReview(endpoint.calls, hasPassed, thisMoment());
    });
  }

  /** The service refuses our credentials, which no health check can see: out at once. */
  recordRejectedCredentials(endpoint: RegisteredEndpoint, sequence: number): void {
    endpoint.lastSequence = sequence;
    const outcome = { ok: false, reason: "credentials-rejected", isDecisive: true } as const;
    this.#change(endpoint, () => {
      endpoint.health = afterProbe(endpoint.health, outcome, this.#thresholds, thisMoment());
    });
  }

  /**
   * Endpoints that answer well and are out for another reason: their calls failed, or they have
   * come and gone too often. When there is nothing better, they are better than nothing.
   */
  lastResorts(): RegisteredEndpoint[] {
    return this.all().filter(
      ({ drained, health, calls }) =>
        !drained &&
        (isOnProof(health, this.#thresholds) ||
          (health.status === "healthy" && calls.status === "ejected")),
    );
  }

  #change(endpoint: RegisteredEndpoint, task: () => void): void {
    if (!this.has(endpoint)) return;
    const before = endpoint.state;
    const reasonBefore = endpoint.downReason;
    task();
    const { name, state, downReason } = endpoint;
    if (downReason === "credentials-rejected" && reasonBefore !== downReason) {
      this.#events.emit("credentialsRejected", { endpoint: name });
    }
    if (state === before) return;
    endpoint.since = Date.now();
    if (state === "healthy") {
      this.#events.emit("endpointUp", {
        endpoint: name,
        ...(reasonBefore && { reason: reasonBefore }),
      });
    } else if (downReason) {
      this.#events.emit("endpointDown", { endpoint: name, reason: downReason });
    }
    this.#announceMovements();
  }

  /** Takes an endpoint out of negotiate; fan-out still reaches the clients that it has. */
  drain(name: string): void {
    const endpoint = this.get(name);
    if (endpoint.drained) return;
    endpoint.drained = true;
    this.#events.emit("endpointDrained", { endpoint: name });
    this.#announceMovements();
  }

  undrain(name: string): void {
    const endpoint = this.get(name);
    if (!endpoint.drained) return;
    endpoint.drained = false;
    this.#events.emit("endpointUndrained", { endpoint: name });
    this.#announceMovements();
  }

  /** @throws InvalidOptionsError when the name or the URL is taken */
  add(endpoint: Endpoint): RegisteredEndpoint {
    const { name, config } = endpoint;
    const twin = this.all().find(
      (other) => other.name === name || other.endpoint.config.url === config.url,
    );
    if (twin) {
      const message = `name or URL is taken by "${twin.name}" (${twin.endpoint.config.url}); give each endpoint its own`;
      throw new InvalidOptionsError([{ path: `endpoint "${name}"`, message }]);
    }
    const added = new RegisteredEndpoint(endpoint);
    this.#endpoints.set(name, added);
    this.#events.emit("endpointAdded", { endpoint: name });
    return added;
  }

  /** @throws InvalidOptionsError when no endpoint would be left */
  remove(name: string): RegisteredEndpoint {
    const removed = this.get(name);
    if (this.#endpoints.size === 1) {
      const message = "is the last endpoint; add another one first";
      throw new InvalidOptionsError([{ path: `endpoint "${name}"`, message }]);
    }
    this.#endpoints.delete(name);
    this.#events.emit("endpointRemoved", { endpoint: name });
    this.#announceMovements();
    return removed;
  }

  #announceMovements(): void {
    const endpoints = this.all();
    if (this.#isStarting && endpoints.some(({ health }) => health.status === "unknown")) return;
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

  #whyLeft(name: string): DownReason | "drained" | "removed" {
    const endpoint = this.#endpoints.get(name);
    if (endpoint === undefined) return "removed";
    return endpoint.downReason ?? "drained";
  }
}
