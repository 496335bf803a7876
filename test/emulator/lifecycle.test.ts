import { execFile } from "node:child_process";
import { createServer } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { startEmulator } from "express-resilient-pubsub/emulator";
import { callRest, openTcp } from "./support/rest.ts";
import { createScene, jsonProtocol } from "./support/scene.ts";

const scene = createScene();

describe("starting", () => {
  test("port 0 becomes a free port, named in the endpoint and the connection string", async () => {
    const emulator = await scene.emulator({ port: 0, accessKey: "key" });
    expect(emulator.port).toBeGreaterThan(0);
    expect(emulator.endpoint).toBe(`http://127.0.0.1:${emulator.port}`);
    expect(emulator.connectionString).toBe(
      `Endpoint=${emulator.endpoint};AccessKey=key;Version=1.0;`,
    );
    expect(emulator.state).toBe("running");
  });

  test("keys that are left out are 32 random bytes each", async () => {
    const [one, other] = await Promise.all([startEmulator(), startEmulator()]);
    scene.defer(() => Promise.all([one.close(), other.close()]));
    const keys = [one, other].map((it) => /AccessKey=([^;]*)/.exec(it.connectionString)?.[1] ?? "");
    expect(keys.map((key) => Buffer.from(key, "base64").length)).toEqual([32, 32]);
    expect(keys[0]).not.toBe(keys[1]);
  });

  test("a taken port is refused with a code and its number, and stays with its owner", async () => {
    const owner = await scene.emulator();
    await expect(startEmulator({ port: owner.port })).rejects.toMatchObject({
      code: "ERR_PORT_IN_USE",
      message: expect.stringContaining(String(owner.port)),
    });
    expect(await callRest(owner, { method: "GET", path: "/api/health" })).toMatchObject({
      status: 200,
    });
  });

  test("a host that is not ours is refused with a code", async () => {
    await expect(startEmulator({ host: "192.0.2.1" })).rejects.toMatchObject({
      code: "ERR_LISTEN_FAILED",
    });
  });

  test("an emulator on the loopback of IPv6 writes its endpoint with brackets", async () => {
    const hasIpv6 = await new Promise((resolve) => {
      const probe = createServer().on("error", () => resolve(false));
      probe.listen(0, "::1", () => probe.close(() => resolve(true)));
    });
    if (!hasIpv6) return;
    const emulator = await scene.emulator({ host: "::1" });
    expect(emulator.endpoint).toBe(`http://[::1]:${emulator.port}`);
    expect((await fetch(`${emulator.endpoint}/api/health`)).status).toBe(200);
  });
});

describe("closing", () => {
  test("may be done twice, and frees the port at once", async () => {
    const emulator = await scene.emulator();
    await Promise.all([emulator.close(), emulator.close()]);
    expect(emulator.state).toBe("closed");
    const next = await scene.emulator({ port: emulator.port });
    expect(next.port).toBe(emulator.port);
  });

  test.each([
    ["inject", { kind: "crash" }],
    ["clear", undefined],
    ["restart", { keepState: false }],
  ] as const)("%s is refused afterwards", async (method, argument) => {
    const emulator = await scene.emulator();
    await emulator.close();
    await expect(emulator[method](argument as never)).rejects.toMatchObject({
      code: "ERR_EMULATOR_CLOSED",
    });
  });

  test("works during every fault", async () => {
    for (const kind of ["crash", "blackhole", "unhealthy"] as const) {
      const emulator = await scene.emulator();
      await scene.connect(emulator);
      await emulator.inject({ kind });
      await emulator.close();
      await expect(openTcp(emulator.port)).rejects.toMatchObject({ code: "ECONNREFUSED" });
    }
  });

  test("leaves nothing that keeps a process alive", async () => {
    const script = join(__dirname, "support", "exits-by-itself.ts");
    const run = promisify(execFile)(process.execPath, ["--import", "tsx", script]);
    await expect(run).resolves.toMatchObject({ stdout: "closed\n" });
  });
});

describe("restarting", () => {
  test("tells clients, forgets them and listens on the same port", async () => {
    const emulator = await scene.emulator();
    const { port } = emulator;
    const pubSub = await scene.connectJson(emulator, { userId: "u" });
    const simple = await scene.connect(emulator);
    await emulator.restart({ keepState: false });
    expect(await pubSub.nextJson()).toEqual({
      type: "system",
      event: "disconnected",
      message: "Service reload",
    });
    expect(await pubSub.closed).toEqual({ code: 1001, reason: "Service reload" });
    expect(await simple.closed).toEqual({ code: 1001, reason: "Service reload" });
    expect(emulator.port).toBe(port);
    const path = "/api/hubs/chat/users/u?api-version=2024-12-01";
    expect((await callRest(emulator, { method: "HEAD", path })).status).toBe(404);
    await scene.connect(emulator, { protocols: [jsonProtocol] });
  });

  test("does not wait for a client that never answers", async () => {
    const emulator = await scene.emulator();
    const client = await scene.connect(emulator);
    client.socket.pause();
    await emulator.restart({ keepState: false });
    await scene.connect(emulator);
  });

  test("ends a fault", async () => {
    const emulator = await scene.emulator();
    await emulator.inject({ kind: "crash" });
    await emulator.restart({ keepState: false });
    await scene.connect(emulator);
  });

  test.each([{}, { keepState: "no" }])("%j is not enough to go by", async (options) => {
    const emulator = await scene.emulator();
    await expect(emulator.restart(options as never)).rejects.toMatchObject({
      code: "ERR_INVALID_OPTIONS",
    });
  });

  test("keeping the state is not built and says so", async () => {
    const emulator = await scene.emulator();
    await expect(emulator.restart({ keepState: true })).rejects.toMatchObject({
      code: "ERR_NOT_IMPLEMENTED",
    });
  });
});
