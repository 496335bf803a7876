import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { listenOnLoopback } from "../http/listen.ts";
import { ChildServer } from "./child-server.ts";

export interface RedisServer {
  readonly url: string;
  readonly port: number;
  pause(): void;
  resume(): void;
  close(): Promise<void>;
}

/** A real redis that keeps nothing, on a port of its own. @throws Error when there is none on the PATH */
export async function startRedis(
  args: readonly string[] = [],
  port?: number,
): Promise<RedisServer> {
  const chosen = port ?? (await freePort());
  const address = ["--bind", "127.0.0.1", "--port", String(chosen)];
  const keepNothing = ["--save", "", "--appendonly", "no"];
  // A replica writes down what it copies, and whoever starts in that folder would begin with it.
  const cwd = await mkdtemp(path.join(tmpdir(), "redis-"));
  const options = { cwd };
  const server = new ChildServer("redis-server", [...address, ...keepNothing, ...args], options);
  await server.waitForOutput(/Ready to accept connections/);
  return {
    url: `redis://127.0.0.1:${chosen}`,
    port: chosen,
    pause: () => server.pause(),
    resume: () => server.resume(),
    close: async () => {
      await server.close();
      await rm(cwd, { recursive: true, force: true });
    },
  };
}

/** Free a moment ago, at least. */
export async function freePort(): Promise<number> {
  const { port, close } = await listenOnLoopback(0);
  await close();
  return port;
}
