import type { Activity, Emulator, Fault } from "express-resilient-pubsub/emulator";
import { until } from "../support/until.ts";
import { callRest, openTcp } from "./support/rest.ts";
import { createScene, jsonProtocol } from "./support/scene.ts";
import { SocketClient } from "./support/socket-client.ts";
import { clientUrl } from "./support/tokens.ts";

const scene = createScene();

const hourInMs = 60 * 60 * 1000;

const health = (emulator: Emulator) => callRest(emulator, { method: "HEAD", path: "/api/health" });

const userPath = (userId: string) => `/api/hubs/chat/users/${userId}?api-version=2024-12-01`;

const sendToAll = (emulator: Emulator, body: string) =>
  callRest(emulator, {
    method: "POST",
    path: "/api/hubs/chat/:send?api-version=2024-12-01",
    headers: { "Content-Type": "text/plain" },
    body,
  });

/** 101 when the client is let in. */
async function handshakeStatus(emulator: Emulator): Promise<number> {
  const client = new SocketClient(clientUrl(emulator, "chat"));
  scene.defer(() => client.terminate());
  return Promise.race([client.opened.then(() => 101), client.refused.then(({ status }) => status)]);
}

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

describe("throttle, accessDenied and gray", () => {
  test.each<[Fault, number, number, number]>([
    [{ kind: "throttle", retryAfterInSeconds: 1 }, 200, 429, 429],
    [{ kind: "accessDenied" }, 200, 403, 403],
    [{ kind: "accessDenied", requestTypes: ["Health", "RESTAPI"] }, 403, 403, 101],
    [{ kind: "gray" }, 200, 500, 101],
  ])("%j answers as it should and leaves open clients alone", async (fault, ...expected) => {
    const emulator = await scene.emulator();
    const client = await scene.connectJson(emulator);
    await emulator.inject(fault);
    const statuses = [
      (await health(emulator)).status,
      (await sendToAll(emulator, "x")).status,
      await handshakeStatus(emulator),
    ];
    expect(statuses).toEqual(expected);
    expect(await client.ask({ type: "ping" })).toEqual({ type: "pong" });
    await emulator.clear();
    expect((await sendToAll(emulator, "back")).status).toBe(202);
    expect(await client.nextJson()).toMatchObject({ data: "back" });
  });

  test("a refused handshake says that its connection ends", async () => {
    const emulator = await scene.emulator();
    await emulator.inject({ kind: "throttle", retryAfterInSeconds: 3 });
    const { headers } = await new SocketClient(clientUrl(emulator, "chat")).refused;
    expect(headers).toMatchObject({ connection: "close", "retry-after": "3" });
  });
});

describe("latency", () => {
  test("does what it is asked at once and answers late", async () => {
    const emulator = await scene.emulator();
    const client = await scene.connectJson(emulator);
    await emulator.inject({ kind: "latency", delayInMs: hourInMs });
    const answer = sendToAll(emulator, "soon");
    expect(await client.nextJson()).toMatchObject({ data: "soon" });
    await letTimePass();
    await emulator.clear();
    expect((await answer).status).toBe(202);
  });

  test("waits as long as it was told, jitter included", async () => {
    const emulator = await scene.emulator();
    await emulator.inject({ kind: "latency", delayInMs: 20, jitterInMs: 20 });
    expect((await health(emulator)).status).toBe(200);
    await scene.connect(emulator);
  });

  test("delays handshakes, and none is lost", async () => {
    const { appServer, emulator } = await scene.withAppServer();
    await emulator.inject({ kind: "latency", delayInMs: hourInMs });
    const client = new SocketClient(clientUrl(emulator, "chat"));
    scene.defer(() => client.terminate());
    await letTimePass();
    expect(client.socket.readyState).toBe(client.socket.CONNECTING);
    expect(appServer.events.size).toBe(0);
    await emulator.inject({ kind: "gray" });
    await client.opened;
  });

  test("does not ask the app server about a client that has given up", async () => {
    const { appServer, emulator } = await scene.withAppServer();
    await emulator.inject({ kind: "latency", delayInMs: hourInMs });
    const client = new SocketClient(clientUrl(emulator, "chat"));
    await letTimePass();
    client.terminate();
    await client.closed;
    await letTimePass();
    await emulator.clear();
    await letTimePass();
    expect(appServer.events.size).toBe(0);
  });

  test("what is late when a blackhole comes gets no answer", async () => {
    const emulator = await scene.emulator();
    await emulator.inject({ kind: "latency", delayInMs: hourInMs });
    const request = outcomeOf(health(emulator));
    await letTimePass();
    await emulator.inject({ kind: "blackhole" });
    await letTimePass();
    await emulator.clear();
    expect(await request).toBe("ECONNRESET");
  });
});

describe("a share of the requests", () => {
  const isHit = async (emulator: Emulator) => (await sendToAll(emulator, "x")).status === 500;

  const sequence = async (emulator: Emulator): Promise<boolean[]> => {
    await emulator.inject({ kind: "gray", share: 0.3 });
    const hits: boolean[] = [];
    for (let count = 0; count < 30; count++) hits.push(await isHit(emulator));
    return hits;
  };

  test("is the same for the same seed, at every injection anew", async () => {
    const [one, same, other] = await Promise.all(
      [5, 5, 6].map(async (seed) => sequence(await scene.emulator({ seed }))),
    );
    expect(one).toContain(true);
    expect(one).toContain(false);
    expect(same).toEqual(one);
    expect(other).not.toEqual(one);
    const emulator = await scene.emulator({ seed: 5 });
    await sequence(emulator);
    expect(await sequence(emulator)).toEqual(one);
  });

  test("that falls into a blackhole leaves open clients, and the others, alone", async () => {
    const emulator = await scene.emulator({ seed: 1 });
    const client = await scene.connectJson(emulator);
    await emulator.inject({ kind: "blackhole", share: 0.5 });
    expect(await client.ask({ type: "ping" })).toEqual({ type: "pong" });
    const outcomes = Array.from({ length: 20 }, () => outcomeOf(health(emulator)));
    await until(async () => (await Promise.race([...outcomes, "waiting"])) === "answered");
    await letTimePass();
    await emulator.clear();
    const ends = await Promise.all(outcomes);
    expect(new Set(ends)).toEqual(new Set(["answered", "ECONNRESET"]));
  });

  test("lets what it has let in out again", async () => {
    const { appServer, emulator } = await scene.withAppServer();
    const connects: (() => void)[] = [];
    appServer.answer = ({ event }) =>
      event === "sys.connect"
        ? new Promise((resolve) => connects.push(() => resolve({ status: 204 })))
        : { status: 204 };
    await emulator.inject({ kind: "blackhole", share: 0.5, requestTypes: ["ClientConnection"] });
    const clients = Array.from({ length: 12 }, () => new SocketClient(clientUrl(emulator, "chat")));
    for (const client of clients) scene.defer(() => client.terminate());
    await until(() => connects.length > 0);
    await letTimePass();
    const admitted = connects.length;
    expect(admitted).toBeLessThan(clients.length);
    for (const go of connects) go();
    const isOpen = ({ socket }: SocketClient) => socket.readyState === socket.OPEN;
    await until(() => clients.filter(isOpen).length === admitted);
  });
});

describe("parts of a service", () => {
  test("a blackhole for REST calls only: clients and health go on", async () => {
    const emulator = await scene.emulator();
    const client = await scene.connectJson(emulator);
    await emulator.inject({ kind: "blackhole", requestTypes: ["RESTAPI"] });
    const held = outcomeOf(sendToAll(emulator, "lost"));
    expect((await health(emulator)).status).toBe(200);
    expect(await client.ask({ type: "ping" })).toEqual({ type: "pong" });
    await emulator.clear();
    expect(await held).toBe("ECONNRESET");
  });

  test("a blackhole for clients only silences the open ones too", async () => {
    const emulator = await scene.emulator();
    const client = await scene.connectJson(emulator);
    await emulator.inject({ kind: "blackhole", requestTypes: ["ClientConnection"] });
    expect((await sendToAll(emulator, "kept back")).status).toBe(202);
    await letTimePass();
    expect(client.unread).toBe(0);
    await emulator.clear();
    expect(await client.nextJson()).toMatchObject({ data: "kept back" });
  });

  test("several faults at once break different parts", async () => {
    const emulator = await scene.emulator();
    await emulator.inject([
      { kind: "throttle", requestTypes: ["RESTAPI"] },
      { kind: "unhealthy", requestTypes: ["Health"] },
    ]);
    expect((await sendToAll(emulator, "x")).status).toBe(429);
    expect((await health(emulator)).status).toBe(503);
    await scene.connect(emulator);
  });

  test("a blackhole has no say on what a fault before it has answered", async () => {
    const emulator = await scene.emulator();
    await emulator.inject([{ kind: "gray" }, { kind: "blackhole" }]);
    expect((await sendToAll(emulator, "x")).status).toBe(500);
  });

  test("a blackhole that follows another does not let a word out in between", async () => {
    const emulator = await scene.emulator();
    const client = await scene.connectJson(emulator);
    await emulator.inject({ kind: "blackhole", requestTypes: ["ClientConnection"] });
    await sendToAll(emulator, "x");
    await emulator.inject({ kind: "blackhole" });
    await letTimePass();
    expect(client.unread).toBe(0);
  });
});

describe("a duration", () => {
  // Only setTimeout is ours to turn; Node's own sockets need the rest.
  const realTimers = [
    "Date",
    "hrtime",
    "nextTick",
    "performance",
    "queueMicrotask",
    "setImmediate",
    "clearImmediate",
    "setInterval",
    "clearInterval",
  ] as const;

  const passTime = async (advance: () => void, start: () => Promise<void>): Promise<void> => {
    jest.useFakeTimers({ doNotFake: [...realTimers] });
    try {
      await start();
      advance();
    } finally {
      jest.useRealTimers();
    }
  };

  test.each<Fault>([
    { kind: "crash", durationInMs: 5000 },
    { kind: "blackhole", durationInMs: 5000 },
    { kind: "unhealthy", durationInMs: 5000 },
    { kind: "gray", durationInMs: 5000, requestTypes: ["Health"] },
  ])("ends $kind by itself", async (fault) => {
    const emulator = await scene.emulator();
    await passTime(
      () => jest.advanceTimersByTime(5000),
      () => emulator.inject(fault),
    );
    await until(() => emulator.state === "running");
    expect((await health(emulator)).status).toBe(200);
    await scene.connect(emulator);
  });

  test("does not end before its time", async () => {
    const emulator = await scene.emulator();
    await passTime(
      () => jest.advanceTimersByTime(4999),
      () => emulator.inject({ kind: "unhealthy", durationInMs: 5000 }),
    );
    expect((await health(emulator)).status).toBe(503);
  });

  test("ends one of several faults and leaves the others, and the dice, as they are", async () => {
    const emulator = await scene.emulator();
    const client = await scene.connectJson(emulator);
    await passTime(
      () => jest.advanceTimersByTime(5000),
      () =>
        emulator.inject([
          { kind: "blackhole", durationInMs: 5000, requestTypes: ["ClientConnection"] },
          { kind: "gray" },
        ]),
    );
    expect(await client.ask({ type: "ping" })).toEqual({ type: "pong" });
    expect((await sendToAll(emulator, "x")).status).toBe(500);
  });

  test("of one blackhole does not free what another holds", async () => {
    const emulator = await scene.emulator();
    let held: Promise<string> | undefined;
    await passTime(
      () => jest.advanceTimersByTime(5000),
      async () => {
        await emulator.inject([
          { kind: "blackhole", requestTypes: ["Health"] },
          { kind: "blackhole", durationInMs: 5000, requestTypes: ["RESTAPI"] },
        ]);
        held = outcomeOf(health(emulator));
        await letTimePass();
      },
    );
    expect((await sendToAll(emulator, "x")).status).toBe(202);
    expect(await Promise.race([held, "held"])).toBe("held");
    await emulator.clear();
    expect(await held).toBe("ECONNRESET");
  });

  test("of an earlier injection does not end a later one", async () => {
    const emulator = await scene.emulator();
    await passTime(
      () => jest.advanceTimersByTime(5000),
      async () => {
        await emulator.inject({ kind: "unhealthy", durationInMs: 5000 });
        await emulator.inject({ kind: "unhealthy", status: 500 });
        expect(jest.getTimerCount()).toBe(0);
      },
    );
    expect((await health(emulator)).status).toBe(500);
  });

  test.each(["clear", "close"] as const)("%s ends its timer", async (method) => {
    const emulator = await scene.emulator();
    await passTime(
      () => expect(jest.getTimerCount()).toBe(0),
      async () => {
        await emulator.inject({ kind: "unhealthy", durationInMs: 5000 });
        expect(jest.getTimerCount()).toBe(1);
        await emulator[method]();
      },
    );
  });
});

test("onActivity hears what is broken, and when nothing is any more", async () => {
  const heard: Activity[] = [];
  const emulator = await scene.emulator({ onActivity: (activity) => heard.push(activity) });
  await emulator.clear();
  await emulator.inject([{ kind: "gray" }, { kind: "throttle" }]);
  await sendToAll(emulator, "x");
  await handshakeStatus(emulator);
  await emulator.clear();
  expect(heard).toEqual([
    { kind: "faults", faults: ["gray", "throttle"] },
    { kind: "restCall", method: "POST", path: "/api/hubs/chat/:send", status: 500 },
    { kind: "clientRefused", path: "/client/hubs/chat", status: 429 },
    { kind: "faults", faults: [] },
  ]);
});

describe("what is not a fault", () => {
  test.each([
    [{ kind: "earthquake" }, /kind/],
    [{ kind: "unhealthy", status: 200 }, /status/],
    [{ kind: "unhealthy", retryAfterInSeconds: -1 }, /retryAfterInSeconds/],
    [{ kind: "crash", when: "now" }, /when/],
    [{ kind: "crash", share: 0.5 }, /share/],
    [{ kind: "gray", share: 0 }, /share/],
    [{ kind: "gray", share: 1.1 }, /share/],
    [{ kind: "gray", status: 200 }, /status/],
    [{ kind: "gray", durationInMs: 0 }, /durationInMs/],
    [{ kind: "latency" }, /delayInMs/],
    [{ kind: "throttle", requestTypes: [] }, /requestTypes/],
    [{ kind: "throttle", requestTypes: ["Trace"] }, /requestTypes/],
    [{ kind: "unhealthy", status: 1, share: 2 }, /status.*share|share.*status/],
    [[{ kind: "gray" }, { kind: "gray", share: 7 }], /1\.share/],
    [[{ kind: "crash" }, { kind: "gray" }], /crash must stand alone/],
    [[], /clear\(\)/],
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
