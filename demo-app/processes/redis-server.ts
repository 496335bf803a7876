import { tmpdir } from "node:os";
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
  const options = { cwd: tmpdir() };
  const server = new ChildServer("redis-server", [...address, ...keepNothing, ...args], options);
  await server.waitForOutput(/Ready to accept connections/);
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
  const { port, close } = await listenOnLoopback(0);
  await close();
  return port;
}
