import { until } from "../support/until.ts";
import type { UpstreamAnswer } from "./support/app-server.ts";
import { createDeferred } from "./support/deferred.ts";
import { callRest } from "./support/rest.ts";
import { createScene, jsonProtocol, reliableProtocol } from "./support/scene.ts";
import { SocketClient } from "./support/socket-client.ts";
import { clientUrl } from "./support/tokens.ts";

const scene = createScene();

const userPath = "/api/hubs/chat/users/u?api-version=2024-12-01";

describe.each([true, false])("restart({ keepState: %s })", (keepState) => {
  test("tells clients, ends their sockets with 1001 and listens on the same port", async () => {
    const emulator = await scene.emulator();
    const { port } = emulator;
    const pubSub = await scene.connectJson(emulator);
    const reliable = await scene.connectJson(emulator, { protocols: [reliableProtocol] });
    const simple = await scene.connect(emulator);
    await emulator.restart({ keepState });
    for (const client of [pubSub, reliable]) {
      expect(await client.nextJson()).toEqual({
        type: "system",
        event: "disconnected",
        message: "Service reload",
      });
    }
    for (const client of [pubSub, reliable, simple]) {
      expect(await client.closed).toEqual({ code: 1001, reason: "Service reload" });
    }
    expect(emulator).toMatchObject({ port, state: "running" });
    await scene.connect(emulator, { protocols: [jsonProtocol] });
  });

  test("a restart does not wait for a client that never answers", async () => {
    const emulator = await scene.emulator();
    const client = await scene.connect(emulator);
    client.socket.pause();
    await emulator.restart({ keepState });
    await scene.connect(emulator);
  });

  test.each(["crash", "blackhole", "unhealthy"] as const)("ends %s", async (kind) => {
    const emulator = await scene.emulator();
    await emulator.inject({ kind });
    await emulator.restart({ keepState });
    await scene.connect(emulator);
    expect((await callRest(emulator, { method: "GET", path: "/api/health" })).status).toBe(200);
  });

  test("forgets clients that cannot recover", async () => {
    const emulator = await scene.emulator();
    await scene.connectJson(emulator, { userId: "u" });
    await emulator.restart({ keepState });
    expect((await callRest(emulator, { method: "HEAD", path: userPath })).status).toBe(404);
  });

  test(`${keepState ? "remembers" : "forgets"} clients that can recover`, async () => {
    const emulator = await scene.emulator();
    await scene.connectJson(emulator, { userId: "u", protocols: [reliableProtocol] });
    await emulator.restart({ keepState });
    const expected = keepState ? 200 : 404;
    expect((await callRest(emulator, { method: "HEAD", path: userPath })).status).toBe(expected);
  });
});

test("a restart loses the state unless it is told otherwise", async () => {
  const emulator = await scene.emulator();
  await scene.connectJson(emulator, { userId: "u", protocols: [reliableProtocol] });
  await emulator.restart();
  expect((await callRest(emulator, { method: "HEAD", path: userPath })).status).toBe(404);
});

test("a crash loses the state of those that could recover too", async () => {
  const emulator = await scene.emulator();
  await scene.connectJson(emulator, { userId: "u", protocols: [reliableProtocol] });
  await emulator.inject({ kind: "crash" });
  await emulator.clear();
  expect((await callRest(emulator, { method: "HEAD", path: userPath })).status).toBe(404);
});

test.each([{}, { keepState: "no" }, { keepState: true, when: "now" }])(
  "%j is not enough to go by",
  async (options) => {
    const emulator = await scene.emulator();
    await expect(emulator.restart(options as never)).rejects.toMatchObject({
      code: "ERR_INVALID_OPTIONS",
    });
  },
);

describe("dropSockets", () => {
  const isClosed = ({ socket }: SocketClient) => socket.readyState === socket.CLOSED;

  test("cuts every client off without a close frame", async () => {
    const emulator = await scene.emulator();
    const clients = [await scene.connect(emulator), await scene.connectJson(emulator)];
    expect(emulator.dropSockets()).toBe(2);
    for (const client of clients) expect(await client.closed).toEqual({ code: 1006, reason: "" });
    await scene.connect(emulator);
  });

  test("works on clients that a blackhole keeps silent", async () => {
    const emulator = await scene.emulator();
    const client = await scene.connect(emulator);
    await emulator.inject({ kind: "blackhole" });
    expect(emulator.dropSockets()).toBe(1);
    expect((await client.closed).code).toBe(1006);
  });

  test("dropSockets with a share cuts off that many clients, the same ones for the same seed", async () => {
    const dropped = async (seed: number) => {
      const emulator = await scene.emulator({ seed });
      const clients: SocketClient[] = [];
      for (let count = 0; count < 8; count++) clients.push(await scene.connect(emulator));
      expect(emulator.dropSockets({ share: 0.5 })).toBe(4);
      await emulator.restart({ keepState: false });
      const closings = await Promise.all(clients.map(({ closed }) => closed));
      return closings.map(({ code }) => code);
    };
    const [one, same, other] = await Promise.all([3, 3, 4].map(dropped));
    expect(one?.filter((code) => code === 1006)).toHaveLength(4);
    expect(same).toEqual(one);
    expect(other).not.toEqual(one);
  });

  test("without clients drops nobody", async () => {
    const emulator = await scene.emulator();
    expect(emulator.dropSockets({ share: 0.1 })).toBe(0);
  });

  test.each([{ share: 0 }, { share: 2 }, { sahre: 1 }])("%j is refused", async (options) => {
    const emulator = await scene.emulator();
    const client = await scene.connect(emulator);
    expect(() => emulator.dropSockets(options)).toThrow(
      expect.objectContaining({ code: "ERR_INVALID_OPTIONS" }),
    );
    expect(isClosed(client)).toBe(false);
  });
});

test("a handshake that waits for its app server does not hold a restart up", async () => {
  const appServer = await scene.appServer();
  appServer.answer = () => new Promise(() => {});
  const emulator = await scene.emulator({ hubs: { chat: appServer.hub } });
  const client = new SocketClient(clientUrl(emulator, "chat"));
  await appServer.events.take();
  await emulator.restart({ keepState: true });
  expect((await client.closed).code).toBe(1006);
});

test("a client let in while the service goes down ends with it, and the app server hears of it", async () => {
  const appServer = await scene.appServer();
  const decision = createDeferred<UpstreamAnswer>();
  appServer.answer = ({ event }) => (event === "sys.connect" ? decision.promise : { status: 204 });
  const emulator = await scene.emulator({ hubs: { chat: appServer.hub } });
  const client = new SocketClient(clientUrl(emulator, "chat"), [reliableProtocol]);
  await appServer.events.take();
  const restarted = emulator.restart({ keepState: false });
  await until(() => emulator.state === "down");
  decision.resolve({ status: 204 });
  await Promise.all([client.opened, restarted, client.closed]);
  const [, disconnected] = await appServer.nextEvents(2);
  expect(disconnected).toMatchObject({ event: "sys.disconnected" });
});
