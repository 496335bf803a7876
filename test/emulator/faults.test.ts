import type { Emulator, Fault } from "express-resilient-pubsub/emulator";
import { callRest, openTcp } from "./support/rest.ts";
import { createScene, jsonProtocol } from "./support/scene.ts";
import { SocketClient } from "./support/socket-client.ts";
import { clientUrl } from "./support/tokens.ts";

const scene = createScene();

const health = (emulator: Emulator) => callRest(emulator, { method: "HEAD", path: "/api/health" });

const userPath = (userId: string) => `/api/hubs/chat/users/${userId}?api-version=2024-12-01`;

const sendToAll = (emulator: Emulator, body: string) =>
  callRest(emulator, {
    method: "POST",
    path: "/api/hubs/chat/:send?api-version=2024-12-01",
    headers: { "Content-Type": "text/plain" },
    body,
  });

/** Resolves to how a request ended that could not get an answer while the fault lasted. */
const outcomeOf = (request: Promise<unknown>): Promise<string> =>
  request.then(
    () => "answered",
    (error: NodeJS.ErrnoException) => error.code ?? error.message,
  );

/**
 * All servers and clients here share one event loop, so when a later request to another emulator
 * has been answered, an earlier one has been read and would have been answered too.
 */
async function letTimePass(): Promise<void> {
  expect((await health(await scene.emulator())).status).toBe(200);
}

describe("crash", () => {
  test("destroys every socket, refuses new ones and tells nobody upstream", async () => {
    const { appServer, emulator } = await scene.withAppServer();
    const client = await scene.connectJson(emulator);
    await appServer.nextEvents(2);
    await emulator.inject({ kind: "crash" });
    expect(emulator.state).toBe("down");
    expect(await client.closed).toEqual({ code: 1006, reason: "" });
    await expect(openTcp(emulator.port)).rejects.toMatchObject({ code: "ECONNREFUSED" });
    await emulator.clear();
    await scene.connectJson(emulator);
    expect((await appServer.nextEvents(2)).map(({ event }) => event)).toEqual([
      "sys.connect",
      "sys.connected",
    ]);
  });

  test("loses the state; the service comes back on the same port", async () => {
    const emulator = await scene.emulator();
    const { port, endpoint } = emulator;
    await scene.connectJson(emulator, { userId: "u" });
    await emulator.inject({ kind: "crash" });
    await emulator.clear();
    expect(emulator).toMatchObject({ port, endpoint, state: "running" });
    expect((await health(emulator)).status).toBe(200);
    expect((await callRest(emulator, { method: "HEAD", path: userPath("u") })).status).toBe(404);
  });

  test("ends a handshake that waits for its app server, and calls upstream no more", async () => {
    const appServer = await scene.appServer();
    appServer.answer = () => new Promise(() => {});
    const emulator = await scene.emulator({ hubs: { chat: appServer.hub } });
    const client = new SocketClient(clientUrl(emulator, "chat"));
    const connect = await appServer.events.take();
    await emulator.inject({ kind: "crash" });
    expect((await client.closed).code).toBe(1006);
    await connect.over;
    await emulator.clear();
    expect(appServer.events.size).toBe(0);
  });

  test("that cuts off a validation does not make it count as failed", async () => {
    const appServer = await scene.appServer();
    const { answerValidation } = appServer;
    const emulator = await scene.emulator({ hubs: { chat: appServer.hub } });
    const asked = new Promise<void>((resolve) => {
      appServer.answerValidation = () => {
        resolve();
        return new Promise(() => {});
      };
    });
    const client = new SocketClient(clientUrl(emulator, "chat"));
    await asked;
    await emulator.inject({ kind: "crash" });
    expect((await client.closed).code).toBe(1006);
    appServer.answerValidation = answerValidation;
    await emulator.clear();
    await scene.connect(emulator);
  });

  test("forgets the events that were still to be sent", async () => {
    const appServer = await scene.appServer();
    appServer.answer = ({ event }) =>
      event === "sys.connected" ? new Promise(() => {}) : { status: 204 };
    const emulator = await scene.emulator({ hubs: { chat: appServer.hub } });
    const client = await scene.connect(emulator);
    await appServer.nextEvents(2);
    // Its disconnected event waits for the answer to the connected event.
    client.socket.close();
    await client.closed;
    await emulator.inject({ kind: "crash" });
    await emulator.clear();
    await scene.connect(emulator);
    expect((await appServer.events.take()).event).toBe("sys.connect");
  });
});

describe("blackhole", () => {
  test("takes TCP connections and answers nothing, until it is cleared", async () => {
    const emulator = await scene.emulator();
    await emulator.inject({ kind: "blackhole" });
    const request = outcomeOf(health(emulator));
    const handshake = new SocketClient(clientUrl(emulator, "chat"));
    (await openTcp(emulator.port)).destroy();
    await letTimePass();
    await emulator.clear();
    expect(await request).toBe("ECONNRESET");
    expect((await handshake.closed).code).toBe(1006);
    expect((await health(emulator)).status).toBe(200);
  });

  test("keeps open clients open and silent, and they go on afterwards", async () => {
    const emulator = await scene.emulator();
    const client = await scene.connectJson(emulator);
    await emulator.inject({ kind: "blackhole" });
    client.send({ type: "ping" });
    client.socket.ping();
    const held = outcomeOf(sendToAll(emulator, "lost"));
    await letTimePass();
    expect(client.unread).toBe(0);
    expect(client.socket.readyState).toBe(client.socket.OPEN);
    await emulator.clear();
    expect(await held).toBe("ECONNRESET");
    expect(await client.nextJson()).toEqual({ type: "pong" });
    await sendToAll(emulator, "back");
    expect(await client.nextJson()).toMatchObject({ data: "back" });
  });

  test("holds back what an app server answers meanwhile, and the frames that wait for it", async () => {
    const { appServer, emulator } = await scene.withAppServer();
    const client = await scene.connectJson(emulator);
    await appServer.nextEvents(2);
    appServer.answer = async () => {
      await emulator.inject({ kind: "blackhole" });
      return { headers: { "Content-Type": "text/plain" }, body: "reply" };
    };
    for (const ackId of [1, 2]) client.send({ type: "event", event: "e", data: 1, ackId });
    const first = await appServer.events.take();
    appServer.answer = () => ({ status: 204 });
    await first.over;
    await letTimePass();
    expect(client.unread).toBe(0);
    expect(appServer.events.size).toBe(0);
    await emulator.clear();
    expect(await client.nextJson()).toMatchObject({ data: "reply" });
    expect(await client.nextJson()).toMatchObject({ ackId: 1, success: true });
    expect(await client.nextJson()).toMatchObject({ ackId: 2, success: true });
  });

  test("holds back the end of a session too", async () => {
    const { appServer, emulator } = await scene.withAppServer();
    const client = await scene.connect(emulator);
    await appServer.nextEvents(2);
    appServer.answer = async ({ event }) => {
      if (event === "user.message") await emulator.inject({ kind: "blackhole" });
      return { status: 500 };
    };
    client.send("x");
    const [, disconnected] = await appServer.nextEvents(2);
    expect(disconnected?.event).toBe("sys.disconnected");
    await letTimePass();
    expect(client.socket.readyState).toBe(client.socket.OPEN);
    await emulator.clear();
    expect((await client.closed).code).toBe(1011);
  });

  test("holds back the answer of a handshake that was under way", async () => {
    const { appServer, emulator } = await scene.withAppServer();
    const answered = new Promise<void>((resolve) => {
      appServer.answer = async (call) => {
        if (call.event === "sys.connect") await emulator.inject({ kind: "blackhole" });
        else resolve();
        return { status: 204 };
      };
    });
    const client = new SocketClient(clientUrl(emulator, "chat"));
    // Its app server said yes, so it is told that nothing came of it.
    await answered;
    expect((await appServer.nextEvents(2)).map(({ event }) => event)).toEqual([
      "sys.connect",
      "sys.disconnected",
    ]);
    expect(client.socket.readyState).toBe(client.socket.CONNECTING);
    await emulator.clear();
    expect((await client.closed).code).toBe(1006);
  });
});

describe("unhealthy", () => {
  test.each<[Fault, number, string | undefined]>([
    [{ kind: "unhealthy" }, 503, undefined],
    [{ kind: "unhealthy", status: 500 }, 500, undefined],
    [{ kind: "unhealthy", status: 503, retryAfterInSeconds: 20 }, 503, "20"],
  ])("%j answers health, REST and handshakes", async (fault, status, retryAfter) => {
    const emulator = await scene.emulator();
    await emulator.inject(fault);
    const expected = { status, headers: expect.objectContaining({}) };
    const answers = await Promise.all([
      health(emulator),
      sendToAll(emulator, "x"),
      new SocketClient(clientUrl(emulator, "chat")).refused,
    ]);
    for (const answer of answers) {
      expect(answer).toMatchObject(expected);
      expect(answer.headers["retry-after"]).toBe(retryAfter);
    }
  });

  test("leaves open clients alone", async () => {
    const emulator = await scene.emulator();
    const client = await scene.connectJson(emulator);
    await emulator.inject({ kind: "unhealthy" });
    expect(await client.ask({ type: "ping" })).toEqual({ type: "pong" });
    await emulator.clear();
    expect((await health(emulator)).status).toBe(200);
  });
});

describe("one after the other", () => {
  const kinds = ["crash", "blackhole", "unhealthy"] as const;
  const pairs = kinds.flatMap((first) => kinds.map((second) => [first, second] as const));

  const effects = {
    async crash(emulator: Emulator) {
      await expect(openTcp(emulator.port)).rejects.toMatchObject({ code: "ECONNREFUSED" });
    },
    async blackhole(emulator: Emulator) {
      const request = outcomeOf(health(emulator));
      await letTimePass();
      await emulator.clear();
      expect(await request).toBe("ECONNRESET");
    },
    async unhealthy(emulator: Emulator) {
      expect((await health(emulator)).status).toBe(503);
    },
  };

  test.each(pairs)("%s, then %s: only the latter counts", async (first, second) => {
    const emulator = await scene.emulator();
    await emulator.inject({ kind: first });
    await emulator.inject({ kind: second });
    await effects[second](emulator);
    await emulator.clear();
    expect((await health(emulator)).status).toBe(200);
    await scene.connect(emulator, { protocols: [jsonProtocol] });
  });

  test("calls that overlap are done in their order", async () => {
    const emulator = await scene.emulator();
    await Promise.all([
      emulator.inject({ kind: "crash" }),
      emulator.clear(),
      emulator.inject({ kind: "blackhole" }),
      emulator.restart({ keepState: false }),
      emulator.inject({ kind: "crash" }),
      emulator.inject({ kind: "unhealthy" }),
    ]);
    expect((await health(emulator)).status).toBe(503);
    const late = [emulator.inject({ kind: "crash" }), emulator.close(), emulator.close()];
    await Promise.all(late);
    await expect(openTcp(emulator.port)).rejects.toMatchObject({ code: "ECONNREFUSED" });
  });

  test("clearing without a fault does nothing", async () => {
    const emulator = await scene.emulator();
    await emulator.clear();
    expect((await health(emulator)).status).toBe(200);
  });
});

describe("what is not a fault", () => {
  test.each<Fault>([
    { kind: "throttle", retryAfterInSeconds: 1 },
    { kind: "accessDenied", requestTypes: ["RESTAPI"] },
    { kind: "latency", delayInMs: 5 },
    { kind: "gray" },
  ])("$kind is not built yet and says what is", async (fault) => {
    const emulator = await scene.emulator();
    await expect(emulator.inject(fault)).rejects.toMatchObject({
      code: "ERR_NOT_IMPLEMENTED",
      message: expect.stringContaining("crash, blackhole, unhealthy"),
    });
  });

  test.each([
    [{ kind: "earthquake" }, /kind/],
    [{ kind: "unhealthy", status: 200 }, /status/],
    [{ kind: "unhealthy", retryAfterInSeconds: -1 }, /retryAfterInSeconds/],
    [{ kind: "crash", when: "now" }, /when/],
    [undefined, /inject/],
  ])("%j is refused", async (fault, message) => {
    const emulator = await scene.emulator();
    await expect(emulator.inject(fault as Fault)).rejects.toMatchObject({
      code: "ERR_INVALID_OPTIONS",
      message: expect.stringMatching(message),
    });
    expect((await health(emulator)).status).toBe(200);
  });
});
