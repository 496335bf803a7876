import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Emulator, EmulatorOptions, Fault } from "express-resilient-pubsub/emulator";
import { bundledProgram } from "../support/bundled-program.ts";
import { startEmulator } from "../support/emulator.ts";
import { until } from "../support/until.ts";
import { callRest, openTcp } from "./support/rest.ts";
import { createScene } from "./support/scene.ts";
import { SocketClient } from "./support/socket-client.ts";
import { clientUrl, inSeconds, signToken } from "./support/tokens.ts";

const scene = createScene();

/** Its port is free for another. */
async function closedEmulator(): Promise<Emulator> {
  const emulator = await startEmulator();
  await emulator.close();
  return emulator;
}

function hasIpv6(): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer().on("error", () => resolve(false));
    probe.listen(0, "::1", () => probe.close(() => resolve(true)));
  });
}

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

  test("a taken admin port is refused too, and the service's port is free again", async () => {
    const owner = await scene.emulator();
    const { port } = await closedEmulator();
    await expect(startEmulator({ port, admin: { port: owner.port } })).rejects.toMatchObject({
      code: "ERR_PORT_IN_USE",
      message: expect.stringContaining(String(owner.port)),
    });
    await expect(openTcp(port)).rejects.toMatchObject({ code: "ECONNREFUSED" });
  });

  test("a host that is not ours is refused with a code", async () => {
    await expect(startEmulator({ host: "192.0.2.1" })).rejects.toMatchObject({
      code: "ERR_LISTEN_FAILED",
    });
  });

  test.each(["::1", "[::1]", "0:0:0:0:0:0:0:1"])(
    "an emulator on the loopback of IPv6, given as %s, writes its endpoint with brackets",
    async (host) => {
      if (!(await hasIpv6())) return;
      const emulator = await scene.emulator({ host });
      expect(emulator.endpoint).toBe(`http://[::1]:${emulator.port}`);
      expect((await fetch(`${emulator.endpoint}/api/health`)).status).toBe(200);
    },
  );
});

test.each([
  ["0.0.0.0", "127.0.0.1"],
  ["[::]", "127.0.0.1"],
  ["LOCALHOST", "localhost"],
])("an emulator that listens on %s is told to others as %s", async (host, name) => {
  if (host === "[::]" && !(await hasIpv6())) return;
  const emulator = await scene.emulator({ host });
  expect(new URL(emulator.endpoint).hostname).toBe(name);
  expect(emulator.endpoint).toContain(name);
  expect((await fetch(`${emulator.endpoint}/api/health`)).status).toBe(200);
});

describe("a public endpoint", () => {
  const publicEndpoint = "https://chat.example.com";

  test("a public endpoint replaces the address listened on, everywhere", async () => {
    const appServer = await scene.appServer();
    const hubs = { chat: appServer.hub };
    const emulator = await scene.emulator({ publicEndpoint, hubs, accessKey: "key" });
    expect(emulator.endpoint).toBe(publicEndpoint);
    expect(emulator.connectionString).toBe(`Endpoint=${publicEndpoint};AccessKey=key;Version=1.0;`);
    const path = "/api/hubs/chat/users/u?api-version=2024-12-01";
    expect((await callRest(emulator, { method: "HEAD", path })).status).toBe(404);
    const local = `http://127.0.0.1:${emulator.port}`;
    const token = signToken({ aud: local + path, exp: inSeconds(60) }, "key");
    expect((await callRest(emulator, { method: "HEAD", path, token })).status).toBe(401);

    const url = clientUrl(emulator, "chat").replace("wss://chat.example.com", local);
    const client = new SocketClient(url);
    scene.defer(() => client.terminate());
    await client.opened;
    const { headers } = await appServer.events.take();
    expect(headers["webhook-request-origin"]).toBe("chat.example.com");
  });
});

describe("an emulator that nobody closes", () => {
  test.each<[string, EmulatorOptions, Fault | undefined]>([
    ["speaks http", {}, undefined],
    ["speaks https", { tls: true }, undefined],
    ["has an admin port", { admin: { port: 0 } }, undefined],
    ["is silent", {}, { kind: "blackhole" }],
    ["is about to heal", {}, { kind: "throttle", durationInMs: 60_000 }],
  ])(
    "does not keep a process alive when it %s",
    async (_how, options, fault) => {
      const script = bundledProgram(join(__dirname, "support", "forgets-to-close.ts"));
      const settings = [options, ...(fault ? [fault] : [])].map((it) => JSON.stringify(it));
      const child = spawn(process.execPath, [script, ...settings], {
        stdio: ["ignore", "pipe", "inherit"],
      });
      scene.defer(() => child.kill("SIGKILL"));
      const ended = once(child, "exit");
      let output = "";
      child.stdout.on("data", (chunk) => {
        output += chunk;
      });
      const connectionString = await until(() => /^Endpoint=\S+/.exec(output)?.[0]);
      const [, endpoint] = /Endpoint=([^;]+)/.exec(connectionString) ?? [];
      const url = clientUrl({ endpoint, connectionString } as Emulator, "chat");
      const client = new SocketClient(url, [], {}, { rejectUnauthorized: false });
      scene.defer(() => client.terminate());
      await client.opened;
      expect(await ended).toEqual([0, null]);
      expect(output).toMatch(/^forgotten$/m);
    },
    30_000,
  );

  test("keeps the process alive when it is told to", async () => {
    const emulator = await scene.emulator();
    const timers = () => process.getActiveResourcesInfo().filter((it) => it === "Timeout").length;
    const before = timers();
    emulator.ref();
    emulator.ref();
    expect(timers()).toBe(before + 1);
    await emulator.inject({ kind: "crash" });
    expect(timers()).toBe(before + 1);
    await emulator.close();
    expect(timers()).toBe(before);
    expect(() => emulator.ref()).toThrow(expect.objectContaining({ code: "ERR_EMULATOR_CLOSED" }));
  });
});

describe("several at once", () => {
  test("never share a port, in one process or in others", async () => {
    const emulators = await Promise.all(
      Array.from({ length: 20 }, () => scene.emulator({ admin: { port: 0 } })),
    );
    const ports = emulators.flatMap(({ port, adminEndpoint = "" }) => [
      port,
      Number(new URL(adminEndpoint).port),
    ]);
    expect(new Set(ports).size).toBe(40);
  });
});

describe("onActivity", () => {
  test.each([
    [
      "throws",
      () => {
        throw new Error("boom");
      },
    ],
    ["rejects", () => Promise.reject(new Error("boom"))],
  ])("an onActivity that %s costs a warning and nothing else", async (_what, onActivity) => {
    const emitWarning = jest.spyOn(process, "emitWarning").mockImplementation(() => {});
    scene.defer(() => emitWarning.mockRestore());
    const emulator = await scene.emulator({ onActivity });
    await emulator.inject({ kind: "gray" });
    await until(() => emitWarning.mock.calls.length > 0);
    expect(emitWarning.mock.calls).toEqual([
      [
        "onActivity threw an error.",
        { type: "EmulatorWarning", detail: expect.stringContaining("boom") },
      ],
    ]);
  });
});

describe("closing", () => {
  test("an emulator may be closed twice, and its port is free at once", async () => {
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
    ["rotateKey", "primary"],
    ["dropSockets", {}],
  ] as const)("%s is refused afterwards", async (method, argument) => {
    const emulator = await scene.emulator();
    await emulator.close();
    await expect(async () => emulator[method](argument as never)).rejects.toMatchObject({
      code: "ERR_EMULATOR_CLOSED",
    });
  });

  test("an emulator can be closed during every fault", async () => {
    const kinds = ["crash", "blackhole", "unhealthy", "throttle", "accessDenied", "gray"] as const;
    const faults: Fault[] = [
      ...kinds.map((kind) => ({ kind })),
      { kind: "latency", delayInMs: 9 },
      { kind: "slow-link", bytesPerSecond: 1 },
      { kind: "half-open" },
      { kind: "dns", answer: "none" },
      { kind: "poison", text: "x" },
    ];
    for (const fault of faults) {
      const emulator = await scene.emulator();
      await scene.connect(emulator);
      await emulator.inject(fault);
      await emulator.close();
      await expect(openTcp(emulator.port)).rejects.toMatchObject({ code: "ECONNREFUSED" });
    }
  });

  test("a closed emulator leaves nothing that keeps a process alive", async () => {
    const script = join(__dirname, "support", "exits-by-itself.ts");
    const run = promisify(execFile)(process.execPath, [bundledProgram(script)]);
    await expect(run).resolves.toMatchObject({ stdout: "closed\n" });
  });
});
