import type { PluginContext } from "../context/plugin-context.ts";
import type { PubSubEvents } from "../contract/events.ts";
import type { RegisteredEndpoint } from "../endpoints/registered-endpoint.ts";
import { FAILBACK_REASON_PREFIX } from "../kit/close-reasons.ts";
import { displacedGroup } from "../marker-groups/displaced-group.ts";
import {
  type CallOptions,
  type ClosableGroup,
  keepPresent,
  listMembers,
} from "./group-connections.ts";
import { pastHoldDownInMs, type UsableSince, updateUsableSince } from "./hold-down.ts";
import { type ClosingPolicy, PacedClosing } from "./paced-closing.ts";
import { expectedInMs } from "./schedule.ts";

/** The clients on a secondary that belong to one primary. */
interface DisplacedGroup extends ClosableGroup {
  /** Name of the primary. */
  readonly primary: string;
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

/** Moves displaced clients back to their primary, by closing their connections at a pace. */
export class Failback implements ClosingPolicy<DisplacedGroup> {
  readonly perSecond: number;
  readonly #context: PluginContext;
  readonly #closing: PacedClosing<DisplacedGroup>;
  #usableSince: UsableSince<RegisteredEndpoint> = new Map();
  /** How many were closed since the last time that nobody was there. */
  readonly #closed = new Map<string, number>();

  constructor(context: PluginContext) {
    this.#context = context;
    const { close } = context.configuration.failback;
    this.perSecond = close === false ? 0 : close.connectionsPerSecond;
    this.#closing = new PacedClosing<DisplacedGroup>(context, this);
  }

  /** Does nothing when `failback.close` is off. */
  start(): void {
    if (this.perSecond === 0) return;
    for (const name of STATE_EVENTS)
      this.#context.events.onInternally(name, this.#updateUsableSince);
    this.#context.events.onInternally("failback", this.#announce);
    this.#updateUsableSince();
    this.#closing.start();
  }

  /** Stops the timers and the calls under way. */
  async close(): Promise<void> {
    for (const name of STATE_EVENTS) this.#context.events.off(name, this.#updateUsableSince);
    this.#context.events.off("failback", this.#announce);
    await this.#closing.close();
  }

  get safeForInMs(): number | undefined {
    this.#updateUsableSince();
    if (!this.#isRoom()) return undefined;
    const { holdDownInMs } = this.#context.configuration.failback;
    return pastHoldDownInMs(this.#usableSince, holdDownInMs, performance.now());
  }

  /** While one answer speaks against a primary it stays usable, but nobody is closed for its sake. */
  mayClose(): boolean {
    const isSafe = (this.safeForInMs ?? -1) >= 0;
    return isSafe && ![...this.#usableSince.keys()].some((primary) => primary.isInDoubt);
  }

  /** Drained secondaries too: their connections should go all the more. */
  groups(): DisplacedGroup[] {
    const all = this.#context.registry.all();
    const primaries = all.filter(({ role }) => role === "primary").map(({ name }) => name);
    return all
      .filter(({ role }) => role === "secondary")
      .flatMap((endpoint) =>
        primaries.map((primary) => ({
          endpoint,
          primary,
          group: displacedGroup(primary),
          reason: FAILBACK_REASON_PREFIX + primary,
        })),
      );
  }

  /** Those in the marker group, and then those that have left it, of whom events have told. */
  async list(group: DisplacedGroup, atMost: number, options: CallOptions): Promise<string[]> {
    const members = await listMembers(group, atMost, options);
    if (members.length >= atMost) return members;
    const { endpoint, primary } = group;
    const { displaced } = this.#context;
    const others = displaced.of(endpoint, primary).filter((id) => !members.includes(id));
    const present = await keepPresent(
      group,
      others.slice(0, atMost - members.length),
      options,
      (id) => displaced.forget(id, endpoint),
    );
    return [...members, ...present];
  }

  onClosed(group: DisplacedGroup, closed: number): void {
    const { from, to, key } = namesOf(group);
    this.#closed.set(key, (this.#closed.get(key) ?? 0) + closed);
    this.#context.events.emit("failbackClosing", { from, to, closed });
  }

  onEmpty(group: DisplacedGroup): void {
    const { from, to, key } = namesOf(group);
    const closed = this.#closed.get(key);
    if (closed === undefined) return;
    this.#closed.delete(key);
    this.#context.events.emit("failbackDone", { from, to, closed });
  }

  onFailed(group: DisplacedGroup, error: unknown): void {
    const { from, to } = namesOf(group);
    this.#context.events.emit("failbackFailed", { from, to, error });
  }

  /** Clients that are closed for a full primary's sake would only come back to where they were. */
  #isRoom(): boolean {
    const { census } = this.#context;
    return [...this.#usableSince.keys()].some((primary) => !census?.isFull(primary));
  }

  /** As soon as a primary is back: until the hold-down is over there is time to think better of it. */
  readonly #announce = ({ from, to }: PubSubEvents["failback"]): void => {
    const { census, events, registry } = this.#context;
    const location = registry.find(from);
    const { perSecond: connectionsPerSecond, safeForInMs } = this;
    if (location?.role !== "secondary" || safeForInMs === undefined) return;
    const clients = census?.clientsOn(location);
    events.emit("failbackPlanned", {
      from,
      to,
      afterInMs: Math.max(0, Math.round(-safeForInMs)),
      connectionsPerSecond,
      clients,
      expectedInMs: expectedInMs(clients, connectionsPerSecond),
    });
  };

  readonly #updateUsableSince = (): void => {
    const endpoints = this.#context.registry.all();
    this.#usableSince = updateUsableSince(this.#usableSince, endpoints, performance.now());
  };
}

function namesOf({ endpoint, primary }: DisplacedGroup) {
  return { from: endpoint.name, to: primary, key: JSON.stringify([endpoint.name, primary]) };
}
