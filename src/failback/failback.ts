import { setMaxListeners } from "node:events";
import type { PluginContext } from "../context/plugin-context.ts";
import type { RegisteredEndpoint } from "../endpoints/registered-endpoint.ts";
import { pause } from "../kit/pause.ts";
import { classifyFailure } from "../service/failure.ts";
import {
  type CallOptions,
  closeDisplaced,
  type DisplacedGroup,
  listDisplaced,
} from "./displaced-connections.ts";
import { pastHoldDownInMs, type UsableSince, updateUsableSince } from "./hold-down.ts";
import {
  closableIn,
  isListingDue,
  isTooLate,
  listingPeriod,
  slotAt,
  spread,
  untilNextSlotInMs,
} from "./schedule.ts";

interface DisplacedConnection {
  readonly group: DisplacedGroup;
  readonly connectionId: string;
}

/** Whatever may begin or end the time in which a primary can take clients. */
const STATE_EVENTS = [
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
 * Moves displaced clients back to their primary, by closing their connections at a pace. Who they
 * are is known to the service, as members of a marker group: nothing is lost when this process
 * ends, and no server needs to know of another.
 */
export class Failback {
  readonly #context: PluginContext;
  readonly #perSecond: number;
  readonly #closing = new AbortController();
  #usableSince: UsableSince<RegisteredEndpoint> = new Map();
  #lastListing: number | undefined;
  #hasFoundDisplaced = false;
  /** How many were closed since the last time that nobody was there. */
  readonly #closed = new Map<string, number>();
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> = Promise.resolve();

  constructor(context: PluginContext) {
    this.#context = context;
    const { close } = context.configuration.failback;
    this.#perSecond = close === false ? 0 : close.connectionsPerSecond;
    // One listener for each call under way is no leak, however high the pace is.
    setMaxListeners(0, this.#closing.signal);
  }

  /** Does nothing when `failback.close` is off. */
  start(): void {
    if (this.#perSecond === 0) return;
    for (const name of STATE_EVENTS) this.#context.events.on(name, this.#updateUsableSince);
    this.#updateUsableSince();
    this.#scheduleNext();
  }

  /** Stops the timers and the calls under way. */
  async close(): Promise<void> {
    this.#closing.abort();
    clearTimeout(this.#timer);
    for (const name of STATE_EVENTS) this.#context.events.off(name, this.#updateUsableSince);
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
    this.#updateUsableSince();
    const allowance = closableIn(slot.second, this.#perSecond);
    if (isTooLate(slot) || allowance === 0 || !this.#isListingDue(slot.second)) return;
    this.#lastListing = slot.second;
    const connections = await this.#findDisplaced(allowance);
    if (connections.length > 0) await this.#closeSpread(connections, slot.second, startedAt);
  }

  #isListingDue(second: number): boolean {
    const pastInMs = this.#pastHoldDownInMs();
    if (pastInMs === undefined || pastInMs < 0) return false;
    const lifetimeInMs = this.#context.configuration.negotiate.tokenLifetimeInMinutes * 60_000;
    const period = listingPeriod(this.#hasFoundDisplaced, pastInMs, lifetimeInMs);
    return isListingDue(second, this.#lastListing, period);
  }

  /** The first connections of all there are, on whatever secondary, and no more than may be closed. */
  async #findDisplaced(atMost: number): Promise<DisplacedConnection[]> {
    const groups = this.#displacedGroups();
    const found = await Promise.all(groups.map((group) => this.#listDisplaced(group, atMost)));
    const connections = found.flat();
    this.#hasFoundDisplaced = connections.length > 0;
    return connections.slice(0, atMost);
  }

  /** Drained secondaries too: their connections should go all the more. */
  #displacedGroups(): DisplacedGroup[] {
    const all = this.#context.registry.all();
    const primaries = all.filter(({ role }) => role === "primary").map(({ name }) => name);
    return all
      .filter((endpoint) => endpoint.role === "secondary" && this.#isUp(endpoint))
      .flatMap((secondary) => primaries.map((primary) => ({ secondary, primary })));
  }

  async #listDisplaced(group: DisplacedGroup, atMost: number): Promise<DisplacedConnection[]> {
    const ids = await this.#call(group, (options) => listDisplaced(group, atMost, options));
    if (ids?.length === 0) this.#announceDone(group);
    return (ids ?? []).map((connectionId) => ({ group, connectionId }));
  }

  /**
   * Closes them one by one, until there is no primary to go to any more, or a call fails: the service
   * may be asked too much of, so the next look is a while later. In a different order each time, so
   * that a connection that cannot be closed holds up nobody for long.
   */
  async #closeSpread(
    connections: readonly DisplacedConnection[],
    second: number,
    startedAt: number,
  ): Promise<void> {
    const listedAt = performance.now();
    const closings: Promise<DisplacedGroup | undefined>[] = [];
    const slot = { second, elapsedInMs: listedAt - startedAt };
    for (const { connection, delayInMs } of spread(connections, slot)) {
      await pause(listedAt + delayInMs - performance.now(), this.#closing.signal);
      if (!this.#hasFoundDisplaced || !this.#mayClose()) break;
      if (this.#isUp(connection.group.secondary)) closings.push(this.#closeDisplaced(connection));
    }
    this.#announceClosings(await Promise.all(closings));
  }

  /** Resolves to where it was, if it was closed. */
  async #closeDisplaced({
    group,
    connectionId,
  }: DisplacedConnection): Promise<DisplacedGroup | undefined> {
    const isClosed = await this.#call(group, async (options) => {
      await closeDisplaced(group, connectionId, options);
      return true;
    });
    if (isClosed) return group;
    this.#hasFoundDisplaced = false;
    return undefined;
  }

  #isUp(endpoint: RegisteredEndpoint): boolean {
    return this.#context.registry.has(endpoint) && endpoint.state === "healthy";
  }

  /** Undefined when it failed, which is evidence as of any other call. Never rejects. */
  async #call<T>(
    { secondary, primary }: DisplacedGroup,
    call: (options: CallOptions) => Promise<T>,
  ): Promise<T | undefined> {
    const { configuration, events, monitor, registry } = this.#context;
    const { signal } = this.#closing;
    try {
      const result = await call({ timeoutInMs: configuration.health.timeoutInMs, signal });
      monitor.reportSuccess(secondary);
      return result;
    } catch (error) {
      if (signal.aborted || !registry.has(secondary)) return undefined;
      void monitor.reportFailure(secondary, classifyFailure(error));
      events.emit("failbackFailed", { from: secondary.name, to: primary, error });
      return undefined;
    }
  }

  #announceClosings(closings: readonly (DisplacedGroup | undefined)[]): void {
    const counts = new Map<DisplacedGroup, number>();
    for (const group of closings) {
      if (group) counts.set(group, (counts.get(group) ?? 0) + 1);
    }
    for (const [group, closed] of counts) {
      const { from, to, key } = namesOf(group);
      this.#closed.set(key, (this.#closed.get(key) ?? 0) + closed);
      this.#context.events.emit("failbackClosing", { from, to, closed });
    }
  }

  #announceDone(group: DisplacedGroup): void {
    const { from, to, key } = namesOf(group);
    const closed = this.#closed.get(key);
    if (closed === undefined) return;
    this.#closed.delete(key);
    this.#context.events.emit("failbackDone", { from, to, closed });
  }

  readonly #updateUsableSince = (): void => {
    const endpoints = this.#context.registry.all();
    this.#usableSince = updateUsableSince(this.#usableSince, endpoints, performance.now());
  };

  #pastHoldDownInMs(): number | undefined {
    const { holdDownInMs } = this.#context.configuration.failback;
    return pastHoldDownInMs(this.#usableSince, holdDownInMs, performance.now());
  }

  /** While one answer speaks against a primary it stays usable, but nobody is closed for its sake. */
  #mayClose(): boolean {
    if (this.#closing.signal.aborted) return false;
    this.#updateUsableSince();
    const isInDoubt = [...this.#usableSince.keys()].some((primary) => primary.isInDoubt);
    return !isInDoubt && (this.#pastHoldDownInMs() ?? -1) >= 0;
  }
}

function namesOf({ secondary, primary }: DisplacedGroup) {
  return { from: secondary.name, to: primary, key: JSON.stringify([secondary.name, primary]) };
}
