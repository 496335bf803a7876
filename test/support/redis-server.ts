import { spawnSync } from "node:child_process";
import { tmpdir } from "node:os";
import { ChildServer } from "./child-server.ts";
import { serve } from "./serve.ts";

export interface RedisServer {
  readonly url: string;
  readonly port: number;
  pause(): void;
  resume(): void;
  close(): Promise<void>;
}

export const isRedisInstalled = spawnSync("redis-server", ["--version"]).status === 0;

/** For the titles of what is skipped. */
export const REDIS_OR_ITS_ABSENCE = isRedisInstalled
  ? "redis"
  : "redis (skipped: there is no redis-server on the PATH)";

/** What needs redis, skipped where there is none. */
export const describeWithRedis = isRedisInstalled ? describe : describe.skip;

/** A real redis that keeps nothing, on a port of its own. */
export async function startRedis(
  args: readonly string[] = [],
  port?: number,
): Promise<RedisServer> {
  const chosen = port ?? (await freePort());
  const address = ["--bind", "127.0.0.1", "--port", String(chosen)];
  const keepNothing = ["--save", "", "--appendonly", "no"];
  const options = { cwd: tmpdir() };
  const server = new ChildServer("redis-server", [...address, ...keepNothing, ...args], options);
  await server.says(/Ready to accept connections/);
  return {
    url: `redis://127.0.0.1:${chosen}`,
    port: chosen,
    pause: () => server.pause(),
    resume: () => server.resume(),
    close: () => server.close(),
  };
}

/** Free a moment ago, at least. */
export async function freePort(): Promise<number> {
  const { url, close } = await serve(() => {});
  await close();
  return Number(new URL(url).port);
}
