import type { RegisteredEndpoint } from "../endpoints/registered-endpoint.ts";
import type { TypedEvents } from "../kit/typed-events.ts";
import { nextRetrySlot } from "./retry-slots.ts";
import { fullBucket, type TokenBucket, takeToken } from "./token-bucket.ts";

/** Time between two `overloaded` events of one endpoint. */
const EVENT_INTERVAL_IN_MS = 1000;

interface Load {
  bucket: TokenBucket;
  lastSlot: number;
  toldAt: number;
}

export interface RateLimiterOptions {
  /** `negotiate.maxPerSecond`. */
  readonly perSecond: number | false;
  readonly events: TypedEvents;
  readonly random: () => number;
}

/** Protects each endpoint from more clients a second than it should get from this app server. */
export class RateLimiter {
  readonly #options: RateLimiterOptions;
  readonly #loads = new WeakMap<RegisteredEndpoint, Load>();

  constructor(options: RateLimiterOptions) {
    this.#options = options;
  }

  /** @returns Undefined for a client that may go there, else in how many seconds it should ask again. */
  admit(endpoint: RegisteredEndpoint): number | undefined {
    const { perSecond, random } = this.#options;
    if (perSecond === false) return undefined;
    const now = performance.now();
    const load = this.#loadOf(endpoint, perSecond, now);
    const bucket = takeToken(load.bucket, perSecond, now);
    if (bucket) {
      load.bucket = bucket;
      return undefined;
    }
    this.#tell(endpoint, load, now);
    const slot = nextRetrySlot(load.lastSlot, perSecond, now, random());
    load.lastSlot = slot.lastSlot;
    return slot.retryAfterInSeconds;
  }

  #loadOf(endpoint: RegisteredEndpoint, perSecond: number, now: number): Load {
    const known = this.#loads.get(endpoint);
    if (known) return known;
    const load = { bucket: fullBucket(perSecond, now), lastSlot: now, toldAt: -Infinity };
    this.#loads.set(endpoint, load);
    return load;
  }

  #tell(endpoint: RegisteredEndpoint, load: Load, now: number): void {
    if (now - load.toldAt < EVENT_INTERVAL_IN_MS) return;
    load.toldAt = now;
    this.#options.events.emit("overloaded", { endpoint: endpoint.name });
  }
}
