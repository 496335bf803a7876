import { setMaxListeners } from "node:events";
import type { RegisteredEndpoint } from "../endpoints/registered-endpoint.ts";
import type { EndpointRegistry } from "../endpoints/registry.ts";
import type { HealthMonitor } from "../health/monitor.ts";
import { pause } from "../kit/pause.ts";
import type { TypedEvents } from "../kit/typed-events.ts";
import type { Configuration } from "../options/parse-options.ts";
import { type CallOptions, closeGuest, type Lodging, listGuests } from "./guests.ts";
import { calmForInMs, observeHomes, type Steadiness } from "./hold-down.ts";
import {
  allowanceOf,
  isLookDue,
  isTooLate,
  periodOfLooks,
  slotAt,
  spread,
  untilNextSlotInMs,
} from "./schedule.ts";

export interface FailbackParts {
  readonly configuration: Configuration;
  readonly registry: EndpointRegistry;
  readonly monitor: HealthMonitor;
  readonly events: TypedEvents;
}

interface Guest {
  readonly lodging: Lodging;
  readonly connectionId: string;
}

/** Whatever may begin or end the time in which a primary can take clients. */
const TURNING_POINTS = [
  "endpointUp",
  "endpointDown",
  "endpointDrained",
  "endpointUndrained",
  "endpointLeaving",
  "endpointRemoved",
  "failoverForced",
  "forceCleared",
  "failover",
  "failback",
  "allDown",
] as const;

/**
 * Calls clients home that are away from their primary, by closing their connections at a pace. Who
 * they are is known to the service, as members of a marker group: nothing is lost when this process
 * ends, and no server needs to know of another.
 */
export class Failback {
  readonly #parts: FailbackParts;
  readonly #perSecond: number;
  readonly #closing = new AbortController();
  readonly #observe = (): void => this.#observeHomes();
  #steadiness: Steadiness<RegisteredEndpoint> = new Map();
  #lastLook: number | undefined;
  #hasFoundGuests = false;
  /** How many were closed since the last time that nobody was there. */
  readonly #closed = new Map<string, number>();
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> = Promise.resolve();

  constructor(parts: FailbackParts) {
    this.#parts = parts;
    const { close } = parts.configuration.failback;
    this.#perSecond = close === false ? 0 : close.connectionsPerSecond;
    // One listener for each call under way is no leak, however high the pace is.
    setMaxListeners(0, this.#closing.signal);
  }

  /** Does nothing when `failback.close` is off. */
  start(): void {
    if (this.#perSecond === 0) return;
    for (const name of TURNING_POINTS) this.#parts.events.on(name, this.#observe);
    this.#observeHomes();
    this.#scheduleNext();
  }

  /** Stops the timers and the calls under way. */
  async close(): Promise<void> {
    this.#closing.abort();
    clearTimeout(this.#timer);
    for (const name of TURNING_POINTS) this.#parts.events.off(name, this.#observe);
    await this.#running;
  }

  /** One second after the other, never two at once. */
  #scheduleNext(): void {
    if (this.#closing.signal.aborted) return;
    this.#timer = setTimeout(
      () => {
        this.#running = this.#turn().then(() => this.#scheduleNext());
      },
      untilNextSlotInMs(slotAt(Date.now())),
    );
    this.#timer.unref();
  }

  /** Never rejects. */
  async #turn(): Promise<void> {
    const slot = slotAt(Date.now());
    const startedAt = performance.now() - slot.elapsedInMs;
    this.#observeHomes();
    const allowance = allowanceOf(slot.second, this.#perSecond);
    if (isTooLate(slot) || allowance === 0 || !this.#isLookDue(slot.second)) return;
    this.#lastLook = slot.second;
    const guests = await this.#findGuests(allowance);
    if (guests.length > 0) await this.#sendHome(guests, slot.second, startedAt);
  }

  #isLookDue(second: number): boolean {
    const calm = this.#calmForInMs();
    if (calm === undefined || calm < 0) return false;
    const lifetimeInMs = this.#parts.configuration.negotiate.tokenLifetimeInMinutes * 60_000;
    const period = periodOfLooks(this.#hasFoundGuests, calm, lifetimeInMs);
    return isLookDue(second, this.#lastLook, period);
  }

  /** The first guests of all there are, wherever they lodge, and no more than may be closed. */
  async #findGuests(atMost: number): Promise<Guest[]> {
    const lodgings = this.#lodgings();
    const found = await Promise.all(lodgings.map((lodging) => this.#listGuests(lodging, atMost)));
    const guests = found.flat();
    this.#hasFoundGuests = guests.length > 0;
    return guests.slice(0, atMost);
  }

  /** Drained secondaries too: their guests should go all the more. */
  #lodgings(): Lodging[] {
    const all = this.#parts.registry.all();
    const homes = all.filter(({ role }) => role === "primary").map(({ name }) => name);
    return all
      .filter((endpoint) => endpoint.role === "secondary" && this.#isUp(endpoint))
      .flatMap((secondary) => homes.map((home) => ({ secondary, home })));
  }

  async #listGuests(lodging: Lodging, atMost: number): Promise<Guest[]> {
    const ids = await this.#call(lodging, (options) => listGuests(lodging, atMost, options));
    if (ids?.length === 0) this.#announceDone(lodging);
    return (ids ?? []).map((connectionId) => ({ lodging, connectionId }));
  }

  /**
   * Closes them one by one, until there is no home to go to any more, or a call fails: the service
   * may be asked too much of, so the next look is a while later. In a different order each time, so
   * that a connection that cannot be closed holds up nobody for long.
   */
  async #sendHome(guests: readonly Guest[], second: number, startedAt: number): Promise<void> {
    const listedAt = performance.now();
    const closings: Promise<Lodging | undefined>[] = [];
    const slot = { second, elapsedInMs: listedAt - startedAt };
    for (const { connection, delayInMs } of spread(guests, slot)) {
      await pause(listedAt + delayInMs - performance.now(), this.#closing.signal);
      if (!this.#hasFoundGuests || !this.#mayCallHome()) break;
      if (this.#isUp(connection.lodging.secondary)) closings.push(this.#closeGuest(connection));
    }
    this.#announceClosings(await Promise.all(closings));
  }

  /** Resolves to where it was, if it was closed. */
  async #closeGuest({ lodging, connectionId }: Guest): Promise<Lodging | undefined> {
    const isClosed = await this.#call(lodging, async (options) => {
      await closeGuest(lodging, connectionId, options);
      return true;
    });
    if (isClosed) return lodging;
    this.#hasFoundGuests = false;
    return undefined;
  }

  #isUp(endpoint: RegisteredEndpoint): boolean {
    return this.#parts.registry.has(endpoint) && endpoint.state === "healthy";
  }

  /** Undefined when it failed, which is evidence as of any other call. Never rejects. */
  async #call<T>(
    { secondary, home }: Lodging,
    call: (options: CallOptions) => Promise<T>,
  ): Promise<T | undefined> {
    const { configuration, events, monitor, registry } = this.#parts;
    const { signal } = this.#closing;
    try {
      const result = await call({ timeoutInMs: configuration.health.timeoutInMs, signal });
      monitor.report(secondary);
      return result;
    } catch (error) {
      if (signal.aborted || !registry.has(secondary)) return undefined;
      monitor.report(secondary, error);
      events.emit("failbackFailed", { from: secondary.name, to: home, error });
      return undefined;
    }
  }

  #announceClosings(closings: readonly (Lodging | undefined)[]): void {
    const counts = new Map<Lodging, number>();
    for (const lodging of closings) {
      if (lodging) counts.set(lodging, (counts.get(lodging) ?? 0) + 1);
    }
    for (const [lodging, closed] of counts) {
      const { from, to, key } = namesOf(lodging);
      this.#closed.set(key, (this.#closed.get(key) ?? 0) + closed);
      this.#parts.events.emit("failbackClosing", { from, to, closed });
    }
  }

  #announceDone(lodging: Lodging): void {
    const { from, to, key } = namesOf(lodging);
    const closed = this.#closed.get(key);
    if (closed === undefined) return;
    this.#closed.delete(key);
    this.#parts.events.emit("failbackDone", { from, to, closed });
  }

  #observeHomes(): void {
    const endpoints = this.#parts.registry.all();
    this.#steadiness = observeHomes(this.#steadiness, endpoints, performance.now());
  }

  #calmForInMs(): number | undefined {
    const { holdDownInMs } = this.#parts.configuration.failback;
    return calmForInMs(this.#steadiness, holdDownInMs, performance.now());
  }

  /** A single answer against a home takes nobody's trust in it, but nobody is sent there meanwhile. */
  #mayCallHome(): boolean {
    if (this.#closing.signal.aborted) return false;
    this.#observeHomes();
    const isInDoubt = [...this.#steadiness.keys()].some((home) => home.isInDoubt);
    return !isInDoubt && (this.#calmForInMs() ?? -1) >= 0;
  }
}

function namesOf({ secondary, home }: Lodging) {
  return { from: secondary.name, to: home, key: JSON.stringify([secondary.name, home]) };
}
