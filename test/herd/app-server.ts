import type { PluginContext } from "../../src/context/plugin-context.ts";
import type { EndpointRole } from "../../src/contract/endpoint.ts";
import { Census } from "../../src/endpoints/census.ts";
import type { EvacuationPace } from "../../src/endpoints/evacuation-pace.ts";
import type { HealthMonitor } from "../../src/health/monitor.ts";
import { type Admission, RateLimiter } from "../../src/negotiate/rate-limiter.ts";
import { ReconnectSpread } from "../../src/negotiate/reconnect-spread.ts";
import { retryAfterWithoutEndpoint } from "../../src/negotiate/retry-slots.ts";
import { review } from "../../src/negotiate/reviewer.ts";
import { selectEndpoint } from "../../src/negotiate/select-endpoint.ts";
import { parseOptions } from "../../src/options/parse-options.ts";
import { assemble } from "../support/assemble.ts";

export const REVIEW_AFTER_IN_MS = 20_000;

/** An endpoint, as an app server is told of it. */
export interface HerdEndpoint {
  readonly name: string;
  readonly role: EndpointRole;
  readonly maxClients?: number;
}

const ENDPOINTS: readonly HerdEndpoint[] = [
  { name: "east", role: "primary" },
  { name: "west", role: "secondary" },
];

interface HerdServerOptions {
  /** Clients a second to each endpoint. */
  readonly perSecond: number;
  /** Monotonic milliseconds, by the clock of this server. */
  readonly now: () => number;
  readonly random: () => number;
  /** Default: `east`, the primary, and `west`. */
  readonly endpoints?: readonly HerdEndpoint[];
}

/** What a negotiate comes to, and which endpoint it is about, if any. */
export type HerdAnswer = Admission & { readonly endpoint?: string };

/** What clients and the world see of an app server. */
export type HerdServer = { readonly [Member in keyof AppServer]: AppServer[Member] };

/** Its checks have been made by whoever runs the world. */
const monitor = {
  lookForRecovery: () => {},
  refresh: () => {},
  needsCheck: () => false,
  isSilent: () => false,
} as unknown as HealthMonitor;

const NEVER_EXPIRES = Number.MAX_SAFE_INTEGER;

/** One app server: the real rules of the plugin, and neither a network nor a process of its own. */
export class AppServer {
  readonly #context: PluginContext;
  readonly #negotiates: RateLimiter;
  readonly #reads: RateLimiter;
  readonly #spread: ReconnectSpread;
  readonly #random: () => number;
  #sequence = 0;

  constructor({ perSecond, now, random, endpoints = ENDPOINTS }: HerdServerOptions) {
    this.#random = random;
    const configuration = parseOptions({
      hub: "chat",
      endpoints: endpoints.map((endpoint) => ({
        ...endpoint,
        connectionString: `Endpoint=https://${endpoint.name}.example;AccessKey=k`,
      })),
      negotiate: {
        allowAnonymous: true,
        maxPerSecond: perSecond,
        reviewAfterInMs: REVIEW_AFTER_IN_MS,
      },
    });
    const census = new Census(REVIEW_AFTER_IN_MS, now);
    this.#context = { ...assemble(configuration, { monitor, random }), census };
    const { events } = this.#context;
    const spread = new ReconnectSpread(this.#context);
    const limits = { perSecond, events, spreadInMs: () => spread.inMs, random, now };
    this.#negotiates = new RateLimiter(limits);
    this.#reads = new RateLimiter(limits);
    this.#spread = spread;
    for (const { name } of endpoints) this.tell(name, true);
  }

  /** What health checks say of an endpoint from now on. */
  tell(name: string, ok: boolean): void {
    const { configuration, registry } = this.#context;
    const { fall, rise } = configuration.health;
    for (let probe = 0; probe < Math.max(fall, rise); probe += 1) {
      this.#sequence += 1;
      const outcome = ok ? ({ ok } as const) : ({ ok, reason: "timeout" } as const);
      const timing = { at: 0, durationInMs: 1 };
      registry.recordProbe(registry.get(name), this.#sequence, outcome, timing);
    }
  }

  /** @returns Over how long the client is told to spread its next negotiate. */
  review(client: number, at: string): number | undefined {
    return this.place(client, at).spreadInMs;
  }

  /** @returns The same, and whether the client is to move. */
  place(client: number, at: string): { spreadInMs: number | undefined; isToMove: boolean } {
    const grant = { client, expiresAt: NEVER_EXPIRES };
    const outcome = review(this.#context, grant, { endpoint: at });
    return { spreadInMs: this.#spread.inMs, isToMove: outcome?.move === true };
  }

  /** Whether there is a region that clients can be sent to. */
  get isServed(): boolean {
    return this.#context.registry.all().some(({ isUsable }) => isUsable);
  }

  /** An operator drains an endpoint, and has its clients moved away at a pace. */
  evacuate(name: string, pace: EvacuationPace | undefined): void {
    const { registry } = this.#context;
    registry.drain(name);
    registry.evacuate(registry.get(name), pace);
  }

  /** How many clients it knows to be on an endpoint. */
  counted(name: string): number | undefined {
    return this.#context.census?.clientsOn(this.#context.registry.get(name));
  }

  /**
   * @param grant What it will ask for reviews as.
   * @returns After how long the client is sent where it can connect, or in how many seconds it is to ask again.
   */
  negotiate(client: number, failed: readonly string[], grant = client): HerdAnswer {
    const { census, registry } = this.#context;
    const avoided = new Set(failed.map((name) => registry.get(name)));
    const chosen = selectEndpoint(this.#context, undefined, avoided, Number.POSITIVE_INFINITY);
    // It looks whether there is none after all.
    if (chosen instanceof Promise) {
      return {
        retryAfterInSeconds: retryAfterWithoutEndpoint(
          this.#spread.whileNobodyServesInMs,
          this.#random(),
        ),
      };
    }
    const admission = this.#negotiates.admit(chosen, () => String(client));
    if (admission.inMs !== undefined) census?.expect(chosen, grant);
    return { ...admission, endpoint: chosen.name };
  }

  /** @returns After how long a client gets what it has missed, or in how many seconds it is to ask again. */
  readHistory(client: number, at: string): Admission {
    return this.#reads.admit(this.#context.registry.get(at), () => String(client));
  }
}
