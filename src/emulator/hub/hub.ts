import { Broadcast } from "../protocol/broadcast.ts";
import type { Message } from "../protocol/message.ts";
import type { Connection } from "./connection.ts";
import { GroupStates } from "./group-states.ts";

const NO_CONNECTIONS: ReadonlySet<Connection> = new Set();

/** The connections of one hub, and who of them belongs to which user and group. */
export class Hub {
  readonly name: string;
  readonly states = new GroupStates();
  readonly #connections = new Map<string, Connection>();
  readonly #users = new Map<string, Set<Connection>>();
  readonly #groups = new Map<string, Set<Connection>>();

  constructor(name: string) {
    this.name = name;
  }

  get isEmpty(): boolean {
    return this.#connections.size === 0;
  }

  add(connection: Connection): void {
    this.#connections.set(connection.id, connection);
    if (connection.userId !== null) addTo(this.#users, connection.userId, connection);
  }

  remove(connection: Connection): void {
    if (!this.#connections.delete(connection.id)) return;
    if (connection.userId !== null) removeFrom(this.#users, connection.userId, connection);
    this.leaveAll(connection);
  }

  join(connection: Connection, group: string): void {
    if (!this.#connections.has(connection.id) || connection.groups.has(group)) return;
    connection.groups.add(group);
    addTo(this.#groups, group, connection);
    connection.joined(group);
  }

  leave(connection: Connection, group: string): void {
    if (!connection.groups.delete(group)) return;
    removeFrom(this.#groups, group, connection);
    connection.left(group);
  }

  leaveAll(connection: Connection): void {
    for (const group of connection.groups) this.leave(connection, group);
  }

  connection(id: string): Connection | undefined {
    return this.#connections.get(id);
  }

  everyone(): Iterable<Connection> {
    return this.#connections.values();
  }

  ofUser(userId: string): ReadonlySet<Connection> {
    return this.#users.get(userId) ?? NO_CONNECTIONS;
  }

  inGroup(group: string): ReadonlySet<Connection> {
    return this.#groups.get(group) ?? NO_CONNECTIONS;
  }
}

/** Who of the receivers gets a message, and for how long it is worth having. */
export interface PublishOptions {
  /** Connection ids. */
  readonly excluded?: ReadonlySet<string>;
  readonly accepts?: (receiver: Connection) => boolean;
  /** What has not been written after that time is dropped; 0, the default, means never. */
  readonly ttlInSeconds?: number;
}

/** Hands one message to many; it is encoded once per protocol, however many they are. */
export function publish(
  message: Message,
  receivers: Iterable<Connection>,
  { excluded, accepts, ttlInSeconds = 0 }: PublishOptions = {},
): void {
  const broadcast = new Broadcast(message, ttlInSeconds);
  for (const receiver of receivers) {
    if (excluded?.has(receiver.id) || accepts?.(receiver) === false) continue;
    receiver.deliver(broadcast);
  }
}

function addTo<T>(index: Map<string, Set<T>>, key: string, member: T): void {
  const members = index.get(key);
  if (members) members.add(member);
  else index.set(key, new Set([member]));
}

function removeFrom<T>(index: Map<string, Set<T>>, key: string, member: T): void {
  const members = index.get(key);
  if (members?.delete(member) && members.size === 0) index.delete(key);
}
