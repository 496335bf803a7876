// A redis of the benchmark's own, on a free port, that keeps nothing on disk and ends with this process.
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";

export const isRedisInstalled = () =>
  spawnSync("redis-server", ["--version"], { stdio: "ignore" }).status === 0;

export async function startRedis() {
  const port = await freePort();
  const options = ["--port", port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"];
  const server = spawn("redis-server", options.map(String), {
    stdio: ["ignore", "pipe", "ignore"],
  });
  process.once("exit", () => server.kill());
  let said = "";
  for await (const bytes of server.stdout) {
    said += bytes;
    if (said.includes("Ready to accept connections")) break;
  }
  return { url: `redis://127.0.0.1:${port}`, stop: () => server.kill() };
}

async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return port;
}
