import type {
  DownReason,
  EndpointRole,
  EndpointSnapshot,
  EndpointState,
  ProbeRecord,
} from "../contract/endpoint.ts";

import { thisMoment } from "../kit/moment.ts";

import type { Endpoint } from "../service/endpoint.ts";
import { type CallState, initialCallState } from "./call-state.ts";
import { type HealthState, initialHealthState, isUndecided } from "./health-state.ts";
import type { Routable } from "./serving-order.ts";

/** An endpoint and what the registry holds of it. */
export class RegisteredEndpoint implements Routable {
  readonly endpoint: Endpoint;
  calls: CallState = initialCallState;
  /** Since when it has been in its state, epoch milliseconds. */
  since: number;
  /** When that was, monotonic milliseconds. */
  changedAt: number;
  drained = false;
  forced = false;
  leaving = false;
  lastProbe: ProbeRecord | undefined;
  /** Number of the newest probe that was counted: an older one that answers late is not. */
  lastSequence = 0;
  #health: HealthState;
  #joining: boolean;

  /** @param joining Whether it must prove itself before it is used; default false. */
  constructor(endpoint: Endpoint, { joining = false } = {}) {
    this.endpoint = endpoint;
    const now = thisMoment();
    this.#health = initialHealthState(now);
    this.since = now.at;
    this.changedAt = now.monotonic;
    this.#joining = joining;
  }

  get health(): HealthState {
    return this.#health;
  }

  set health(next: HealthState) {
    this.#health = next;
    if (next.status === "healthy") this.#joining = false;
  }

  /** Added at run time and never found healthy yet. */
  get joining(): boolean {
    return this.#joining;
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

  snapshot(): EndpointSnapshot {
    return Object.freeze({
      name: this.name,
      role: this.role,
      weight: this.weight,
      url: this.endpoint.config.url,
      state: this.state,
      reason: this.downReason,
      since: this.since,
      drained: this.drained,
      forced: this.forced,
      joining: this.joining,
      leaving: this.leaving,
      lastProbe: this.lastProbe,
    });
  }
}
