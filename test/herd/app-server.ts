import type { PluginContext } from "../../src/context/plugin-context.ts";
import { Census } from "../../src/endpoints/census.ts";
import type { RegisteredEndpoint } from "../../src/endpoints/registered-endpoint.ts";
import type { HealthMonitor } from "../../src/health/monitor.ts";
import { type Admission, RateLimiter } from "../../src/negotiate/rate-limiter.ts";
import { ReconnectSpread } from "../../src/negotiate/reconnect-spread.ts";
import { retryAfterWithoutEndpoint } from "../../src/negotiate/retry-slots.ts";
import { review } from "../../src/negotiate/reviewer.ts";
import { selectEndpoint } from "../../src/negotiate/select-endpoint.ts";
import { parseOptions } from "../../src/options/parse-options.ts";
import { assemble } from "../support/assemble.ts";

export const REVIEW_AFTER_IN_MS = 20_000;
const REGIONS = ["east", "west"] as const;
export type Region = (typeof REGIONS)[number];

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
  readonly #regions: Readonly<Record<Region, RegisteredEndpoint>>;
  readonly #negotiates: RateLimiter;
  readonly #reads: RateLimiter;
  readonly #spread: ReconnectSpread;
  readonly #random: () => number;
  #sequence = 0;

  /** @param now Monotonic milliseconds, by the clock of this server. */
  constructor(perSecond: number, now: () => number, random: () => number) {
    this.#random = random;
    const configuration = parseOptions({
      hub: "chat",
      endpoints: REGIONS.map((name) => ({
        name,
        role: name === "east" ? "primary" : "secondary",
        connectionString: `Endpoint=https://${name}.example;AccessKey=k`,
      })),
      negotiate: {
        allowAnonymous: true,
        maxPerSecond: perSecond,
        reviewAfterInMs: REVIEW_AFTER_IN_MS,
      },
    });
    const census = new Census(REVIEW_AFTER_IN_MS, now);
    this.#context = { ...assemble(configuration, { monitor, random }), census };
    const { events, registry } = this.#context;
    this.#regions = { east: registry.get("east"), west: registry.get("west") };
    const spread = new ReconnectSpread(this.#context);
    const limits = { perSecond, events, spreadInMs: () => spread.inMs, random, now };
    this.#negotiates = new RateLimiter(limits);
    this.#reads = new RateLimiter(limits);
    this.#spread = spread;
    for (const region of REGIONS) this.tell(region, true);
  }

  /** What health checks say of a region from now on. */
  tell(region: Region, ok: boolean): void {
    const { configuration, registry } = this.#context;
    const { fall, rise } = configuration.health;
    for (let probe = 0; probe < Math.max(fall, rise); probe += 1) {
      this.#sequence += 1;
      const outcome = ok ? ({ ok } as const) : ({ ok, reason: "timeout" } as const);
      const timing = { at: 0, durationInMs: 1 };
      registry.recordProbe(this.#regions[region], this.#sequence, outcome, timing);
    }
  }

  /** @returns Over how long the client is told to spread its next negotiate. */
  review(client: number, at: Region): number | undefined {
    review(this.#context, { client, expiresAt: NEVER_EXPIRES }, { endpoint: at });
    return this.#spread.inMs;
  }

  /** Whether there is a region that clients can be sent to. */
  get isServed(): boolean {
    return Object.values(this.#regions).some(({ isUsable }) => isUsable);
  }

  /** How many clients it knows to be in a region. */
  counted(region: Region): number | undefined {
    return this.#context.census?.clientsOn(this.#regions[region]);
  }

  /** @returns After how long the client is sent where it can connect, or in how many seconds it is to ask again. */
  negotiate(client: number, failed: Region): Admission {
    const avoided = new Set([this.#regions[failed]]);
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
    return this.#negotiates.admit(chosen, () => String(client));
  }

  /** @returns After how long a client gets what it has missed, or in how many seconds it is to ask again. */
  readHistory(client: number, at: Region): Admission {
    return this.#reads.admit(this.#regions[at], () => String(client));
  }
}
