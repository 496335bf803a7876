import { setTimeout as delay } from "node:timers/promises";
import { createClient } from "redis";
import { type RedisServer, startRedis } from "../../demo-app/processes/redis-server.ts";
import { type Name, startName } from "../support/name.ts";
import { until } from "../support/until.ts";

/**
 * What happens to the primary: by an orderly handover the replica takes its place; it is killed when the
 * replica has all that it has; it is killed while the replica is behind, so that what it has confirmed
 * last is forgotten; or both are killed, and another comes that knows nothing.
 */
export type RedisFault = "handover" | "kill" | "abrupt" | "wipe";

/** For how long the replica hears nothing before its primary is killed. */
const TAIL_IN_MS = 300;

/** By itself it waits five seconds for more replicas. */
const COPIED_AT_ONCE = ["--repl-diskless-sync-delay", "0"];

/** A real redis and its replica, behind a name that leads to whichever is the primary. */
export class RedisPair {
  readonly #name: Name;
  #primary: RedisServer;
  #replica: RedisServer;

  private constructor(name: Name, primary: RedisServer, replica: RedisServer) {
    this.#name = name;
    this.#primary = primary;
    this.#replica = replica;
  }

  static async start(): Promise<RedisPair> {
    const primary = await startRedis(COPIED_AT_ONCE);
    const replica = await startRedis(COPIED_AT_ONCE);
    await makeReplica(replica, primary);
    return new RedisPair(await startName(primary.port), primary, replica);
  }

  get url(): string {
    return `redis://127.0.0.1:${this.#name.port}`;
  }

  /** Another becomes the primary; the old one, or one in its place, becomes its replica. */
  async failOver(kind: RedisFault, meanwhile: () => Promise<unknown>): Promise<void> {
    const [old, next] = [this.#primary, this.#replica];
    if (kind === "wipe") return this.#wipe(meanwhile);
    if (kind === "handover") await handOver(old, next);
    else await promote(old, next, kind);
    await meanwhile();
    this.#name.leadTo(next.port);
    this.#primary = next;
    this.#replica = kind === "handover" ? old : await startRedis(COPIED_AT_ONCE, old.port);
    await makeReplica(this.#replica, next);
  }

  async close(): Promise<void> {
    await this.#name.close();
    await Promise.all([this.#primary.close(), this.#replica.close()]);
  }

  async #wipe(meanwhile: () => Promise<unknown>): Promise<void> {
    const servers = [this.#primary, this.#replica];
    await Promise.all(servers.map((server) => server.close()));
    await meanwhile();
    const [primary, replica] = await Promise.all(
      servers.map(({ port }) => startRedis(COPIED_AT_ONCE, port)),
    );
    this.#primary = primary as RedisServer;
    this.#replica = replica as RedisServer;
    await makeReplica(this.#replica, this.#primary);
  }
}

async function handOver(old: RedisServer, next: RedisServer): Promise<void> {
  await command(old, "FAILOVER", "TO", "127.0.0.1", String(next.port));
  await until(async () => (await replicationOf(next)).role === "master");
}

async function promote(old: RedisServer, next: RedisServer, kind: RedisFault): Promise<void> {
  if (kind === "abrupt") {
    await command(next, "REPLICAOF", "NO", "ONE");
    await delay(TAIL_IN_MS);
    await old.close();
    return;
  }
  await command(old, "CLIENT", "PAUSE", "10000", "WRITE");
  await until(async () => {
    const { master_repl_offset: ahead } = await replicationOf(old);
    return ahead === (await replicationOf(next)).slave_repl_offset;
  });
  await old.close();
  await command(next, "REPLICAOF", "NO", "ONE");
}

async function makeReplica(replica: RedisServer, of: RedisServer): Promise<void> {
  await command(replica, "REPLICAOF", "127.0.0.1", String(of.port));
  await until(async () => (await replicationOf(replica)).master_link_status === "up");
}

async function replicationOf(server: RedisServer): Promise<Record<string, string>> {
  const text = await command(server, "INFO", "replication");
  return Object.fromEntries(text.split("\r\n").map((line) => line.split(":")));
}

async function command({ url }: RedisServer, ...args: string[]): Promise<string> {
  const client = await createClient({ url })
    .on("error", () => {})
    .connect();
  try {
    return String(await client.sendCommand(args));
  } finally {
    client.destroy();
  }
}
