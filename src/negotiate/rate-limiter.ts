import type { RegisteredEndpoint } from "../endpoints/registered-endpoint.ts";
import { overloaded } from "../http/overloaded.ts";
import { BoundedMap } from "../kit/bounded-map.ts";
import type { InternalEvents } from "../kit/typed-events.ts";
import { AdmissionWindow } from "./admission-window.ts";
import { longestWaitInSeconds, nextRetrySlot, type RetrySlot } from "./retry-slots.ts";

/** Time between two `overloaded` events of one endpoint. */
const EVENT_INTERVAL_IN_MS = 1000;

/** Callers whose time is remembered, for each endpoint; when more wait, the first of them are forgotten. */
const maxWaitingCallers = 100_000;

/**
 * How long a request is held until there is a place, rather than refused: those that come at random
 * do not come evenly. Who has waited for a time of its own is not sent away for that.
 */
const HELD_FOR_IN_MS = { others: 500, waited: 3000 };

interface Load {
  readonly window: AdmissionWindow;
  lastSlot: number;
  /** Until when the callers that wait were told to, monotonic milliseconds. */
  readonly askAgainAt: BoundedMap<string, number>;
  toldAt: number;
}

/** Whether a client may go to an endpoint, after how long, or when it is to ask again. */
export type Admission =
  | { readonly inMs: number }
  | { readonly retryAfterInSeconds: number; readonly inMs?: undefined };

const AT_ONCE: Admission = { inMs: 0 };

export interface RateLimiterOptions {
  /** `negotiate.maxPerSecond`. */
  readonly perSecond: number | false;
  readonly events: InternalEvents;
  /** Over how long clients spread their negotiates; undefined while nothing is known. */
  readonly spreadInMs: () => number | undefined;
  readonly random: () => number;
  /** Monotonic milliseconds. Default: those of this process. */
  readonly now?: () => number;
}

/** Protects each endpoint from more clients a second than it should get from this app server. */
export class RateLimiter {
  readonly #options: RateLimiterOptions;
  readonly #now: () => number;
  readonly #loads = new WeakMap<RegisteredEndpoint, Load>();

  constructor(options: RateLimiterOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
  }

  /**
   * Returns when a client may go there, for which it may have to wait a moment.
   *
   * @throws RequestRefused for one that is to ask again later
   */
  enter(endpoint: RegisteredEndpoint, caller: () => string | undefined): void | Promise<void> {
    const admission = this.admit(endpoint, caller);
    const { inMs } = admission;
    if (inMs === undefined) throw overloaded(admission.retryAfterInSeconds);
    if (inMs > 0) return new Promise((resolve) => void setTimeout(resolve, inMs).unref());
  }

  /**
   * Who has waited for its time comes first: as long as such are to come, others get the places that
   * they leave over. A caller that asks again before its time is told the same time again, and takes
   * nothing from those who keep to theirs.
   *
   * @param caller Who asks. Undefined when that is not known.
   */
  admit(endpoint: RegisteredEndpoint, caller: () => string | undefined): Admission {
    const { perSecond } = this.#options;
    if (perSecond === false) return AT_ONCE;
    const now = this.#now();
    const load = this.#loadOf(endpoint, perSecond, now);
    // Most of the time nobody waits, and nobody's name is needed.
    const known = load.askAgainAt.size > 0 ? caller() : undefined;
    const askAgainAt = known === undefined ? undefined : load.askAgainAt.get(known);
    if (askAgainAt !== undefined && askAgainAt > now) {
      this.#tell(endpoint, load, now);
      return { retryAfterInSeconds: Math.ceil((askAgainAt - now) / 1000) };
    }
    const inMs = load.window.waitInMs(now);
    if (inMs <= heldFor(load, askAgainAt, now)) {
      load.window.take(now + inMs);
      if (known !== undefined) load.askAgainAt.delete(known);
      return inMs > 0 ? { inMs } : AT_ONCE;
    }
    this.#tell(endpoint, load, now);
    const slot =
      askAgainAt === undefined
        ? this.#slotAfter(load.lastSlot, perSecond, now)
        : { retryAfterInSeconds: Math.ceil(inMs / 1000), lastSlot: load.lastSlot };
    load.lastSlot = slot.lastSlot;
    const waiting = known ?? caller();
    if (waiting !== undefined) load.askAgainAt.set(waiting, now + slot.retryAfterInSeconds * 1000);
    return { retryAfterInSeconds: slot.retryAfterInSeconds };
  }

  #slotAfter(lastSlot: number, perSecond: number, now: number): RetrySlot {
    const { random, spreadInMs } = this.#options;
    const longestInSeconds = longestWaitInSeconds(spreadInMs());
    return nextRetrySlot({ lastSlot, perSecond, now, longestInSeconds, random: random() });
  }

  #loadOf(endpoint: RegisteredEndpoint, perSecond: number, now: number): Load {
    const known = this.#loads.get(endpoint);
    if (known) return known;
    const load = {
      window: new AdmissionWindow(perSecond),
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

/** @param askAgainAt What the caller was told, if it was. */
function heldFor({ lastSlot }: Load, askAgainAt: number | undefined, now: number): number {
  if (askAgainAt !== undefined) return HELD_FOR_IN_MS.waited;
  return lastSlot > now ? 0 : HELD_FOR_IN_MS.others;
}
