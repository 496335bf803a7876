import type {
  CanaryRecord,
  DownReason,
  EndpointRole,
  EndpointSnapshot,
  EndpointState,
  FailureRecord,
  ProbeRecord,
} from "../contract/endpoint.ts";
import { thisMoment } from "../kit/moment.ts";
import type { Endpoint } from "../service/endpoint.ts";
import { statusOfReason } from "../service/failure.ts";
import { type CallState, initialCallState } from "./call-state.ts";
import type { EvacuationPace } from "./evacuation-pace.ts";
import { type HealthState, initialHealthState, isUndecided } from "./health-state.ts";
import type { Routable } from "./serving-order.ts";

/** What is known of an endpoint. The registry keeps it, and nobody else changes it. */
export interface EndpointRecord {
  health: HealthState;
  calls: CallState;
  /** Since when it has been in its state, epoch milliseconds. */
  since: number;
  /** When that was, monotonic milliseconds. */
  changedAt: number;
  drained: boolean;
  forced: boolean;
  joining: boolean;
  leaving: boolean;
  evacuation: EvacuationPace | undefined;
  lastProbe: ProbeRecord | undefined;
  /** Of calls and canaries. */
  lastFailure: FailureRecord | undefined;
  lastCanary: CanaryRecord | undefined;
  /** How far our clock is ahead, if its credentials may have been rejected for that (ms). */
  clockSkewInMs: number | undefined;
  /** Number of the newest probe that was counted: an older one that answers late is not. */
  lastSequence: number;
}

/** What a census knows of an endpoint. */
export interface ClientCounts {
  /** Undefined as long as nobody can know. */
  clientsOn(endpoint: RegisteredEndpoint): number | undefined;
  /** Whether it has as many as it may have. */
  isFull(endpoint: RegisteredEndpoint): boolean;
}

/** Tells which endpoints are full; where nobody counts, none is. */
export const fullBy =
  (census: ClientCounts | undefined) =>
  (endpoint: RegisteredEndpoint): boolean =>
    census?.isFull(endpoint) ?? false;

/** @param joining Whether it must be found healthy before it is used. */
export function createRecord(joining: boolean): EndpointRecord {
  const now = thisMoment();
  return {
    health: initialHealthState(now),
    calls: initialCallState,
    since: now.at,
    changedAt: now.monotonic,
    drained: false,
    forced: false,
    joining,
    leaving: false,
    evacuation: undefined,
    lastProbe: undefined,
    lastFailure: undefined,
    lastCanary: undefined,
    clockSkewInMs: undefined,
    lastSequence: 0,
  };
}

/** An endpoint, and what is known of it at any time. */
export class RegisteredEndpoint implements Routable {
  readonly endpoint: Endpoint;
  readonly #record: Readonly<EndpointRecord>;

  constructor(endpoint: Endpoint, record: Readonly<EndpointRecord> = createRecord(false)) {
    this.endpoint = endpoint;
    this.#record = record;
  }

  /** What its health checks say. */
  get health(): HealthState {
    return this.#record.health;
  }

  /** What the calls to it say. */
  get calls(): CallState {
    return this.#record.calls;
  }

  /** Since when it has been in its state, epoch milliseconds. */
  get since(): number {
    return this.#record.since;
  }

  /** When that was, monotonic milliseconds. */
  get changedAt(): number {
    return this.#record.changedAt;
  }

  /** Taken out of negotiate by an operator. */
  get drained(): boolean {
    return this.#record.drained;
  }

  /** Preferred by an operator over every other endpoint. */
  get forced(): boolean {
    return this.#record.forced;
  }

  /** Added at run time and never found healthy yet. */
  get joining(): boolean {
    return this.#record.joining;
  }

  /** Removed by an operator, while fan-out still reaches its clients. */
  get leaving(): boolean {
    return this.#record.leaving;
  }

  /** While an operator has its clients moved away. */
  get evacuation(): EvacuationPace | undefined {
    return this.#record.evacuation;
  }

  get lastProbe(): ProbeRecord | undefined {
    return this.#record.lastProbe;
  }

  /** Number of the newest probe that was counted: an older one that answers late is not. */
  get lastSequence(): number {
    return this.#record.lastSequence;
  }

  get name(): string {
    return this.endpoint.name;
  }

  get role(): EndpointRole {
    return this.endpoint.config.role;
  }

  get weight(): number | undefined {
    return this.endpoint.config.weight;
  }

  /** How many clients this server may send there; undefined: as many as come. */
  get maxClients(): number | undefined {
    return this.endpoint.config.maxClients;
  }

  get state(): EndpointState {
    const isEjected = this.health.status === "healthy" && this.calls.status === "ejected";
    return isEjected ? "unhealthy" : this.health.status;
  }

  /** Why it is unhealthy. */
  get downReason(): DownReason | undefined {
    if (this.state !== "unhealthy") return undefined;
    return this.health.status === "unhealthy" ? this.health.reason : "failing-calls";
  }

  /** While true, the next answers decide about the endpoint: it is new, or its last answer contradicts its state. */
  get isInDoubt(): boolean {
    return isUndecided(this.health);
  }

  /** Whether negotiate may answer with it. */
  get isUsable(): boolean {
    return this.state === "healthy" && this.isInRotation;
  }

  /** Whether the operator lets negotiate answer with it, as far as it is healthy. */
  get isInRotation(): boolean {
    return !this.drained && !this.leaving && !this.joining;
  }

  /** Nobody has looked at it yet; a negotiate may do so, and then answer with it. */
  get isUnprobed(): boolean {
    return this.health.status === "unknown" && this.isInRotation;
  }

  /** Why the endpoint is not used, in one word. */
  get reason(): string {
    return this.downReason ?? (this.drained ? "drained" : this.state);
  }

  /** What failed last, of what its state is decided by. */
  get failure(): FailureRecord | undefined {
    const { lastFailure, lastProbe } = this.#record;
    const { downReason } = this;
    const isByCalls = downReason === "failing-calls" || downReason === "credentials-rejected";
    if (isByCalls) return lastFailure;
    return lastProbe?.reason === undefined ? undefined : failedCheckOf(lastProbe);
  }

  /**
   * @param serving Whether negotiate answers with it now.
   * @param census Who counts its clients, if anybody does.
   */
  snapshot(serving: boolean, census?: ClientCounts): EndpointSnapshot {
    return Object.freeze({
      name: this.name,
      role: this.role,
      weight: this.weight,
      maxClients: this.maxClients,
      url: this.endpoint.config.url,
      state: this.state,
      reason: this.downReason,
      since: this.since,
      drained: this.drained,
      forced: this.forced,
      joining: this.joining,
      leaving: this.leaving,
      lastProbe: this.lastProbe,
      clients: census?.clientsOn(this),
      full: fullBy(census)(this),
      serving,
      lastFailure: this.#record.lastFailure,
      lastCanary: this.#record.lastCanary,
      sockets: this.endpoint.sockets,
    });
  }
}

function failedCheckOf({ at, durationInMs, reason, code }: ProbeRecord): FailureRecord {
  return Object.freeze({
    at: Math.round(at + durationInMs),
    operation: "health check",
    status: statusOfReason(reason ?? ""),
    code,
  });
}
