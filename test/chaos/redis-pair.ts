import { createClient } from "redis";
import { type RedisServer, startRedis } from "../../demo-app/processes/redis-server.ts";
import { type Name, startName } from "../support/name.ts";
import { until } from "../support/until.ts";
import type { Failover } from "./plan.ts";

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

  /**
   * The replica becomes the primary, and has all that the old one has confirmed; the old one, or
   * another in its place, becomes its replica.
   */
  async failOver(kind: Failover["kind"], meanwhile: () => Promise<unknown>): Promise<void> {
    const [old, next] = [this.#primary, this.#replica];
    if (kind === "handover") {
      await command(old, "FAILOVER", "TO", "127.0.0.1", String(next.port));
      await until(async () => (await replicationOf(next)).role === "master");
    } else {
      await command(old, "CLIENT", "PAUSE", "10000", "WRITE");
      await until(async () => {
        const { master_repl_offset: ahead } = await replicationOf(old);
        return ahead === (await replicationOf(next)).slave_repl_offset;
      });
      await old.close();
      await command(next, "REPLICAOF", "NO", "ONE");
    }
    await meanwhile();
    this.#name.leadTo(next.port);
    this.#primary = next;
    this.#replica = kind === "kill" ? await startRedis(COPIED_AT_ONCE, old.port) : old;
    await makeReplica(this.#replica, next);
  }

  async close(): Promise<void> {
    await this.#name.close();
    await Promise.all([this.#primary.close(), this.#replica.close()]);
  }
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
