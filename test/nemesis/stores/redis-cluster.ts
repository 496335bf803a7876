import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { createClient } from "redis";
import { ChildServer } from "../../../demo-app/processes/child-server.ts";
import { onOwnPort } from "../../support/own-port.ts";
import { until } from "../../support/until.ts";
import type { Guardian } from "../processes/guardian.ts";
import type { Side, StoreCluster } from "./store-cluster.ts";

/** What has been confirmed outlives the process; and by itself it waits five seconds for more replicas. */
const OPTIONS = ["--save", "", "--appendonly", "yes", "--repl-diskless-sync-delay", "0"];

/** One redis, which writes into a folder of its own. */
class RedisNode {
  readonly port: number;
  readonly #folder: string;
  readonly #guardian: Guardian;
  #server: ChildServer;

  private constructor(port: number, folder: string, guardian: Guardian, server: ChildServer) {
    this.port = port;
    this.#folder = folder;
    this.#guardian = guardian;
    this.#server = server;
  }

  static async start(guardian: Guardian): Promise<RedisNode> {
    const folder = await mkdtemp(path.join(tmpdir(), "nemesis-redis-"));
    return onOwnPort(async (port) => {
      const server = await startServer(port, folder, guardian);
      return new RedisNode(port, folder, guardian, server);
    });
  }

  pause(): void {
    this.#server.pause();
  }

  resume(): void {
    this.#server.resume();
  }

  async end(): Promise<void> {
    const { pid } = this.#server;
    await this.#server.close();
    this.#guardian.release(pid);
  }

  async startAgain(keepsData: boolean): Promise<void> {
    if (!keepsData) await rm(path.join(this.#folder, "appendonlydir"), { recursive: true });
    this.#server = await startServer(this.port, this.#folder, this.#guardian);
  }

  async close(): Promise<void> {
    await this.end();
    await rm(this.#folder, { recursive: true, force: true });
  }

  async command(...args: string[]): Promise<unknown> {
    const url = `redis://127.0.0.1:${this.port}`;
    const client = await createClient({ url })
      .on("error", () => {})
      .connect();
    try {
      return await client.sendCommand(args);
    } finally {
      client.destroy();
    }
  }

  async replication(): Promise<Record<string, string>> {
    const text = String(await this.command("INFO", "replication"));
    return Object.fromEntries(text.split("\r\n").map((line) => line.split(":")));
  }

  async follow({ port }: RedisNode): Promise<void> {
    await this.command("REPLICAOF", "127.0.0.1", String(port));
    await until(async () => (await this.replication()).master_link_status === "up");
  }
}

async function startServer(port: number, folder: string, guardian: Guardian) {
  const args = ["--bind", "127.0.0.1", "--port", String(port), ...OPTIONS];
  const server = new ChildServer("redis-server", args, { cwd: folder });
  guardian.watch(server.pid);
  try {
    await server.waitForOutput(/Ready to accept connections/);
  } catch (error) {
    guardian.release(server.pid);
    const isTaken = /Address already in use/.test(String(error));
    throw isTaken ? Object.assign(new Error("taken"), { code: "EADDRINUSE" }) : error;
  }
  return server;
}

/** A primary and its replica. Servers of the first side are led to the primary. */
export async function startRedisCluster(guardian: Guardian): Promise<StoreCluster> {
  let [primary, replica] = await Promise.all([
    RedisNode.start(guardian),
    RedisNode.start(guardian),
  ]);
  await replica.follow(primary);
  return {
    portOf: (side: Side) => (side === "first" ? primary : replica).port,
    accessAt: (port) => ({ url: `redis://127.0.0.1:${port}` }),
    pause: () => primary.pause(),
    resume: () => primary.resume(),
    async restart(keepsData, meanwhile) {
      await primary.end();
      await meanwhile();
      await primary.startAgain(keepsData);
      await replica.follow(primary);
    },
    async forget(what) {
      if (what === "everything") {
        await primary.command("FLUSHALL");
        return;
      }
      const keys = (await primary.command("KEYS", "*:observations")) as string[];
      if (keys.length > 0) await primary.command("DEL", ...keys);
    },
    replica: {
      async detach() {
        await replica.command("REPLICAOF", "NO", "ONE");
      },
      async catchUp() {
        await primary.command("CLIENT", "PAUSE", "10000", "WRITE");
        const { master_repl_offset: ahead } = await primary.replication();
        await until(async () => (await replica.replication()).slave_repl_offset === ahead);
        await replica.command("REPLICAOF", "NO", "ONE");
      },
      async takeOver() {
        await primary.end();
        [primary, replica] = [replica, primary];
        await replica.startAgain(true);
        await replica.follow(primary);
      },
    },
    async close() {
      await Promise.all([primary.close(), replica.close()]);
    },
  };
}
