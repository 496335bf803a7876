import type { DownReason } from "../health/down-reason.ts";
import { type HealthState, initialHealthState, isUndecided } from "../health/health-state.ts";
import type { EndpointRole } from "../option-types.ts";
import type { Routable } from "../routing/serving.ts";
import type { Endpoint } from "./endpoint.ts";

/** One finished health check. */
export interface ProbeRecord {
  /** When it started, epoch milliseconds. */
  readonly at: number;
  readonly durationInMs: number;
  readonly ok: boolean;
  /** Why it failed; absent when it succeeded. */
  readonly reason?: DownReason;
}

/** What is known of an endpoint at one moment; a copy that never changes. */
export interface EndpointSnapshot extends Routable {
  readonly name: string;
  readonly role: EndpointRole;
  readonly weight: number | undefined;
  readonly url: string;
  readonly state: HealthState["status"];
  /** Why it is unhealthy. */
  readonly reason: DownReason | undefined;
  /** Since when it has been in its state, epoch milliseconds. */
  readonly since: number;
  /** Taken out of negotiate by an operator. */
  readonly drained: boolean;
  readonly lastProbe: ProbeRecord | undefined;
}

/** An endpoint and what the registry holds of it. */
export class RegisteredEndpoint implements Routable {
  readonly endpoint: Endpoint;
  health: HealthState;
  drained = false;
  lastProbe: ProbeRecord | undefined;
  /** Number of the newest probe that was counted: an older one that answers late is not. */
  lastSequence = 0;

  constructor(endpoint: Endpoint) {
    this.endpoint = endpoint;
    this.health = initialHealthState(Date.now());
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

  /** While true, the next answers decide about the endpoint: it is new, or its last answer contradicts its state. */
  get isInDoubt(): boolean {
    return isUndecided(this.health);
  }

  /** Whether negotiate may answer with it. */
  get isUsable(): boolean {
    return this.health.status === "healthy" && !this.drained;
  }

  /** Why the endpoint is not used, in one word. */
  get reason(): string {
    if (this.health.status === "unhealthy") return this.health.reason;
    return this.drained ? "drained" : this.health.status;
  }

  snapshot(): EndpointSnapshot {
    const { health } = this;
    return Object.freeze({
      name: this.name,
      role: this.role,
      weight: this.weight,
      url: this.endpoint.config.url,
      state: health.status,
      reason: health.status === "unhealthy" ? health.reason : undefined,
      since: health.since,
      drained: this.drained,
      lastProbe: this.lastProbe,
    });
  }
}
