import type { RegisteredEndpoint } from "../endpoints/registered-endpoint.ts";
import { BoundedMap } from "../kit/bounded-map.ts";
import type { InternalEvents } from "../kit/typed-events.ts";
import { nextRetrySlot } from "./retry-slots.ts";
import { fullBucket, type TokenBucket, takeToken } from "./token-bucket.ts";

/** Time between two `overloaded` events of one endpoint. */
const EVENT_INTERVAL_IN_MS = 1000;

/** Callers whose time is remembered, for each endpoint; when more wait, the first of them are forgotten. */
const maxWaitingCallers = 10_000;

interface Load {
  bucket: TokenBucket;
  lastSlot: number;
  /** Until when the callers that wait were told to, monotonic milliseconds. */
  readonly askAgainAt: BoundedMap<string, number>;
  toldAt: number;
}

export interface RateLimiterOptions {
  /** `negotiate.maxPerSecond`. */
  readonly perSecond: number | false;
  readonly events: InternalEvents;
  readonly random: () => number;
}

/** Protects each endpoint from more clients a second than it should get from this app server. */
export class RateLimiter {
  readonly #options: RateLimiterOptions;
  readonly #loads = new WeakMap<RegisteredEndpoint, Load>();

  constructor(options: RateLimiterOptions) {
    this.#options = options;
  }

  /**
   * A caller that asks again before its time is told the same time again, and takes nothing from
   * those who keep to theirs.
   *
   * @param caller Who asks. Undefined when that is not known.
   * @returns Undefined for a client that may go there, else in how many seconds it should ask again.
   */
  admit(
    endpoint: RegisteredEndpoint,
    caller: () => string | undefined = unknownCaller,
  ): number | undefined {
    const { perSecond, random } = this.#options;
    if (perSecond === false) return undefined;
    const now = performance.now();
    const load = this.#loadOf(endpoint, perSecond, now);
    // Most of the time nobody waits, and nobody's name is needed.
    const known = load.askAgainAt.size > 0 ? caller() : undefined;
    const askAgainAt = known === undefined ? now : (load.askAgainAt.get(known) ?? now);
    if (askAgainAt > now) {
      this.#tell(endpoint, load, now);
      return Math.ceil((askAgainAt - now) / 1000);
    }
    const bucket = takeToken(load.bucket, perSecond, now);
    if (bucket) {
      load.bucket = bucket;
      if (known !== undefined) load.askAgainAt.delete(known);
      return undefined;
    }
    this.#tell(endpoint, load, now);
    const slot = nextRetrySlot(load.lastSlot, perSecond, now, random());
    load.lastSlot = slot.lastSlot;
    const waiting = known ?? caller();
    if (waiting !== undefined) load.askAgainAt.set(waiting, now + slot.retryAfterInSeconds * 1000);
    return slot.retryAfterInSeconds;
  }

  #loadOf(endpoint: RegisteredEndpoint, perSecond: number, now: number): Load {
    const known = this.#loads.get(endpoint);
    if (known) return known;
    const load = {
      bucket: fullBucket(perSecond, now),
      lastSlot: now,
      askAgainAt: new BoundedMap<string, number>(maxWaitingCallers),
      toldAt: -Infinity,
    };
    this.#loads.set(endpoint, load);
    return load;
  }

  #tell(endpoint: RegisteredEndpoint, load: Load, now: number): void {
    if (now - load.toldAt < EVENT_INTERVAL_IN_MS) return;
    load.toldAt = now;
    this.#options.events.emit("overloaded", { endpoint: endpoint.name });
  }
}

const unknownCaller = (): undefined => undefined;
