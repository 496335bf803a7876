import { setMaxListeners } from "node:events";
import type { PluginContext } from "../context/plugin-context.ts";
import type { RegisteredEndpoint } from "../endpoints/registered-endpoint.ts";
import { pause } from "../kit/pause.ts";
import { classifyFailure } from "../service/failure.ts";
import { type CallOptions, type ClosableGroup, closeMember } from "./group-connections.ts";
import {
  closableIn,
  isListingDue,
  isTooLate,
  listingPeriod,
  slotAt,
  spread,
  untilNextSlotInMs,
} from "./schedule.ts";

/** Who is closed, and when nobody is. */
export interface ClosingPolicy<Group extends ClosableGroup> {
  /** The most connections in a second. */
  readonly perSecond: number;
  /** For how long it has been safe to close anybody, ms; not at all while undefined or negative. */
  readonly safeForInMs: number | undefined;
  /** Asked before each close, which may be long after the list. */
  mayClose(): boolean;
  /** Where to look, of endpoints that are up. */
  groups(): readonly Group[];
  /** Ids of the first connections of a group; an empty list says that nobody is left. */
  list(group: Group, atMost: number, options: CallOptions): Promise<string[]>;
  /** So many have been closed within a second. */
  onClosed(group: Group, closed: number): void;
  onEmpty(group: Group): void;
  /** A call has failed; it is tried again in a while. */
  onFailed(group: Group, error: unknown): void;
}

interface Found<Group> {
  readonly group: Group;
  readonly connectionId: string;
}

/**
 * Closes connections at a pace. Who they are is known to the service, as members of a group: nothing is
 * lost when this process ends, and no server needs to know of another.
 */
export class PacedClosing<Group extends ClosableGroup> {
  readonly #context: PluginContext;
  readonly #policy: ClosingPolicy<Group>;
  readonly #closing = new AbortController();
  #lastListing: number | undefined;
  /** As far as the last look tells; false after a call that failed, so that the next look is later. */
  #hasFoundAny = false;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> = Promise.resolve();

  constructor(context: PluginContext, policy: ClosingPolicy<Group>) {
    this.#context = context;
    this.#policy = policy;
    // One listener for each call under way is no leak, however high the pace is.
    setMaxListeners(0, this.#closing.signal);
  }

  start(): void {
    this.#scheduleNext();
  }

  /** Stops the timer and the calls under way. */
  async close(): Promise<void> {
    this.#closing.abort();
    clearTimeout(this.#timer);
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
    const allowance = closableIn(slot.second, this.#policy.perSecond);
    if (isTooLate(slot) || allowance === 0 || !this.#isListingDue(slot.second)) return;
    this.#lastListing = slot.second;
    const connections = await this.#find(allowance);
    if (connections.length > 0) await this.#closeSpread(connections, slot.second, startedAt);
  }

  #isListingDue(second: number): boolean {
    const safeForInMs = this.#policy.safeForInMs ?? -1;
    if (safeForInMs < 0) return false;
    const lifetimeInMs = this.#context.configuration.negotiate.tokenLifetimeInMinutes * 60_000;
    const period = listingPeriod(this.#hasFoundAny, safeForInMs, lifetimeInMs);
    return isListingDue(second, this.#lastListing, period);
  }

  /** The first connections of all there are, in whatever group, and no more than may be closed. */
  async #find(atMost: number): Promise<Found<Group>[]> {
    const groups = this.#policy.groups().filter(({ endpoint }) => this.#isUp(endpoint));
    const found = await Promise.all(groups.map((group) => this.#list(group, atMost)));
    const connections = found.flat();
    this.#hasFoundAny = connections.length > 0;
    return connections.slice(0, atMost);
  }

  async #list(group: Group, atMost: number): Promise<Found<Group>[]> {
    const ids = await this.#call(group, (options) => this.#policy.list(group, atMost, options));
    if (ids?.length === 0) this.#policy.onEmpty(group);
    return (ids ?? []).map((connectionId) => ({ group, connectionId }));
  }

  /**
   * Closes them one by one, until nobody may be closed any more, or a call fails: the service may be
   * asked too much of, so the next look is a while later. In a different order each time, so that a
   * connection that cannot be closed holds up nobody for long.
   */
  async #closeSpread(
    connections: readonly Found<Group>[],
    second: number,
    startedAt: number,
  ): Promise<void> {
    const listedAt = performance.now();
    const closings: Promise<Group | undefined>[] = [];
    const slot = { second, elapsedInMs: listedAt - startedAt };
    for (const { connection, delayInMs } of spread(connections, slot)) {
      await pause(listedAt + delayInMs - performance.now(), this.#closing.signal);
      if (!this.#hasFoundAny || !this.#mayClose()) break;
      if (this.#isUp(connection.group.endpoint)) closings.push(this.#closeOne(connection));
    }
    this.#announce(await Promise.all(closings));
  }

  /** Resolves to its group, if it was closed. */
  async #closeOne({ group, connectionId }: Found<Group>): Promise<Group | undefined> {
    const isClosed = await this.#call(group, async (options) => {
      await closeMember(group, connectionId, options);
      return true;
    });
    if (isClosed) return group;
    this.#hasFoundAny = false;
    return undefined;
  }

  #announce(closings: readonly (Group | undefined)[]): void {
    const counts = new Map<Group, number>();
    for (const group of closings) {
      if (group) counts.set(group, (counts.get(group) ?? 0) + 1);
    }
    for (const [group, closed] of counts) this.#policy.onClosed(group, closed);
  }

  #mayClose(): boolean {
    return !this.#closing.signal.aborted && this.#policy.mayClose();
  }

  #isUp(endpoint: RegisteredEndpoint): boolean {
    return this.#context.registry.has(endpoint) && endpoint.state === "healthy";
  }

  /** Undefined when it failed, which is evidence as of any other call. Never rejects. */
  async #call<T>(group: Group, call: (options: CallOptions) => Promise<T>): Promise<T | undefined> {
    const { configuration, monitor, registry } = this.#context;
    const { endpoint } = group;
    const { signal } = this.#closing;
    try {
      const result = await call({ timeoutInMs: configuration.health.timeoutInMs, signal });
      monitor.reportSuccess(endpoint);
      return result;
    } catch (error) {
      if (signal.aborted || !registry.has(endpoint)) return undefined;
      const failure = classifyFailure(error);
      registry.recordFailure(endpoint, "paced closing", failure);
      void monitor.reportFailure(endpoint, failure);
      this.#policy.onFailed(group, error);
      return undefined;
    }
  }
}
