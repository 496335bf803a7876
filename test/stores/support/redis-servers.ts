import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { createClient } from "redis";
import { ChildServer } from "../../../demo-app/processes/child-server.ts";
import {
  freePort,
  type RedisServer,
  startRedis,
} from "../../../demo-app/processes/redis-server.ts";
import { closeAfterTest } from "../../support/clean-up.ts";
import { until } from "../../support/until.ts";

/** One command on a connection of its own. */
export async function command({ url }: { url: string }, ...args: string[]): Promise<unknown> {
  const client = await createClient({ url })
    .on("error", () => {})
    .connect();
  try {
    return await client.sendCommand(args);
  } finally {
    client.destroy();
  }
}

export async function makeReplica(replica: RedisServer, of: RedisServer): Promise<void> {
  await command(replica, "REPLICAOF", "127.0.0.1", String(of.port));
  await until(async () => /master_link_status:up/.test(String(await command(replica, "INFO"))));
}

/** By itself it waits five seconds for more replicas. */
export const COPIED_AT_ONCE = ["--repl-diskless-sync-delay", "0"];

/** A primary, and a replica that has copied it. */
export async function startPair(): Promise<[primary: RedisServer, replica: RedisServer]> {
  const primary = closeAfterTest(await startRedis(COPIED_AT_ONCE));
  const replica = closeAfterTest(await startRedis(COPIED_AT_ONCE));
  await makeReplica(replica, primary);
  return [primary, replica];
}

/** A sentinel that finds a primary down after half a second. @returns Its port. */
export async function startSentinel(primary: RedisServer): Promise<number> {
  const folder = await mkdtemp(path.join(tmpdir(), "sentinel-"));
  const port = await freePort();
  const file = path.join(folder, "sentinel.conf");
  const lines = [
    `port ${port}`,
    "bind 127.0.0.1",
    `sentinel monitor mymaster 127.0.0.1 ${primary.port} 1`,
    "sentinel down-after-milliseconds mymaster 500",
    "sentinel failover-timeout mymaster 3000",
  ];
  await writeFile(file, lines.join("\n"));
  const sentinel = new ChildServer("redis-server", [file, "--sentinel"], { cwd: folder });
  closeAfterTest({
    close: async () => {
      await sentinel.close();
      await rm(folder, { recursive: true, force: true });
    },
  });
  await sentinel.waitForOutput(/\+monitor master/);
  const ask = { url: `redis://127.0.0.1:${port}` };
  await until(async () => /slaves=1/.test(String(await command(ask, "INFO", "sentinel"))));
  return port;
}
