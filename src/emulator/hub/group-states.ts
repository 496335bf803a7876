import type { AckError, GroupStateItem, ServiceFrame } from "../protocol/service-frame.ts";

type State = NonNullable<GroupStateItem["state"]>;

/** A connection that shows a state or looks at those of others. */
export interface StateClient {
  readonly id: string;
  readonly userId: string | null;
  send(frame: ServiceFrame): void;
}

interface Group {
  readonly items: Map<string, GroupStateItem>;
  readonly subscribers: Map<string, StateClient>;
}

const maxEntries = 64;
const maxStateBytes = 8 * 1024;
const maxGroupsPerClient = 100;

/**
 * What the connections of a hub show of themselves in its groups, and who looks. The service
 * documents no more of this than the frames, so rules and bounds are ours: a state lasts until it
 * is cleared or the connection ends, and subscribers hear of their own states too.
 */
export class GroupStates {
  readonly #groups = new Map<string, Group>();
  readonly #groupsOf = new Map<string, Set<string>>();
  #lastUpdate = 0;

  /** Subscribers hear of it before the call returns. */
  set(client: StateClient, group: string, state: State | undefined): AckError | undefined {
    if (state === undefined) {
      this.#clear(client.id, group);
      return undefined;
    }
    const error = badState(state) ?? this.#enter(client, group);
    if (error) return error;
    const item = { ...this.#nextItem(client.id, client.userId ?? undefined), state: { ...state } };
    this.#groups.get(group)?.items.set(client.id, item);
    this.#publish(group, item);
    return undefined;
  }

  /** The client expects a {@link snapshot} after its ack, and then every update. */
  subscribe(client: StateClient, group: string): AckError | undefined {
    const error = this.#enter(client, group);
    if (!error) this.#groups.get(group)?.subscribers.set(client.id, client);
    return error;
  }

  unsubscribe(connectionId: string, group: string): void {
    this.#groups.get(group)?.subscribers.delete(connectionId);
    this.#tidy(connectionId, group);
  }

  snapshot(group: string): ServiceFrame {
    const items = [...(this.#groups.get(group)?.items.values() ?? [])];
    return { kind: "groupStateSnapshot", group, items };
  }

  /** The connection has ended. */
  remove(connectionId: string): void {
    for (const group of this.#groupsOf.get(connectionId) ?? []) {
      this.#groups.get(group)?.subscribers.delete(connectionId);
      this.#clear(connectionId, group);
      this.#tidy(connectionId, group);
    }
  }

  #clear(connectionId: string, group: string): void {
    const items = this.#groups.get(group)?.items;
    const item = items?.get(connectionId);
    if (!item) return;
    items?.delete(connectionId);
    this.#publish(group, this.#nextItem(connectionId, item.userId));
    this.#tidy(connectionId, group);
  }

  // Clients skip an item that is not newer than the one they have, even within a millisecond.
  #nextItem(connectionId: string, userId: string | undefined): GroupStateItem {
    this.#lastUpdate = Math.max(Date.now(), this.#lastUpdate + 1);
    return { connectionId, ...(userId !== undefined && { userId }), updatedAt: this.#lastUpdate };
  }

  #publish(group: string, item: GroupStateItem): void {
    const subscribers = [...(this.#groups.get(group)?.subscribers.values() ?? [])];
    for (const client of subscribers)
      client.send({ kind: "groupStateUpdate", group, items: [item] });
  }

  #enter({ id }: StateClient, name: string): AckError | undefined {
    const groups = this.#groupsOf.get(id) ?? new Set();
    if (!groups.has(name) && groups.size >= maxGroupsPerClient) {
      return bad(`A connection may use the states of ${maxGroupsPerClient} groups.`);
    }
    this.#groupsOf.set(id, groups.add(name));
    if (!this.#groups.has(name)) {
      this.#groups.set(name, { items: new Map(), subscribers: new Map() });
    }
    return undefined;
  }

  #tidy(connectionId: string, name: string): void {
    const group = this.#groups.get(name);
    if (!group || group.items.has(connectionId) || group.subscribers.has(connectionId)) return;
    if (group.items.size === 0 && group.subscribers.size === 0) this.#groups.delete(name);
    const groups = this.#groupsOf.get(connectionId);
    if (groups?.delete(name) && groups.size === 0) this.#groupsOf.delete(connectionId);
  }
}

function badState(state: State): AckError | undefined {
  const entries = Object.entries(state);
  if (entries.length > maxEntries) return bad(`A state may have ${maxEntries} entries.`);
  const bytes = entries.reduce(
    (sum, [key, value]) => sum + Buffer.byteLength(key) + Buffer.byteLength(value),
    0,
  );
  return bytes > maxStateBytes ? bad(`A state may have ${maxStateBytes} bytes.`) : undefined;
}

const bad = (message: string): AckError => ({ name: "BadRequest", message });
