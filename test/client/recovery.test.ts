import type { Activity } from "express-resilient-pubsub/emulator";
import { createScene } from "../emulator/support/scene.ts";
import { clientUrl } from "../emulator/support/tokens.ts";
import { until } from "../support/until.ts";
import { makeClient } from "./support/make-client.ts";
import { ScriptedNegotiate } from "./support/scripted-negotiate.ts";
import { ScriptedService } from "./support/scripted-service.ts";
import { roles } from "./support/two-regions.ts";

const scene = createScene();

async function connect(options = {}) {
  const east = await ScriptedService.start();
  const west = await ScriptedService.start();
  const routing = new ScriptedNegotiate({ east, west });
  const made = makeClient(routing.negotiate, options);
  await made.client.start();
  made.log.length = 0;
  return { east, west, routing, ...made };
}

const impatient = { keepAliveIntervalInMs: 50, keepAliveTimeoutInMs: 150 };
const RECOVERED = ["state reconnecting", "state connected"];

describe("a cut connection", () => {
  it("a cut connection goes on with the same session, and says so to the service at once", async () => {
    const { client, east, log } = await connect();
    east.latest?.cut();
    await until(() => client.state === "connected" && east.clients.length === 2);
    const query = Object.fromEntries(east.latest?.url.searchParams ?? []);
    expect(query).toEqual({
      awps_connection_id: "connection-1",
      awps_reconnection_token: "again",
    });
    expect(east.latest?.received[0]).toEqual({ type: "ping" });
    expect(log).toEqual(RECOVERED);
  });

  it("calls of a cut connection are sent again with their ids, except invocations", async () => {
    const { client, east } = await connect();
    east.behaviour = { answer: () => {} };
    const sending = client.sendEvent("e", 1, "json");
    const invoking = expect(client.invokeEvent("e", 2, "json")).rejects.toMatchObject({
      code: "ERR_OUTCOME_UNKNOWN",
    });
    const joining = client.joinGroup("g");
    await until(() => east.latest?.received.length === 3);
    east.behaviour = {};
    east.latest?.cut();
    expect(await sending).toEqual({ ackId: 1, isDuplicated: false });
    await Promise.all([joining, invoking]);
    expect(east.latest?.received).toMatchObject([
      { type: "ping" },
      { type: "event", data: 1, ackId: 1 },
      { type: "joinGroup", group: "g", ackId: 3 },
    ]);
  });

  it("a cut connection is recovered with the latest token that the service gave out", async () => {
    const { client, east } = await connect();
    east.behaviour = { recover: (socket) => socket.greet("connection-1", "newer") };
    for (const count of [2, 3]) {
      east.latest?.cut();
      await until(() => client.state === "connected" && east.clients.length === count);
    }
    expect(east.latest?.url.searchParams.get("awps_reconnection_token")).toBe("newer");
  });

  it("a slow recovery goes on when negotiate names the same endpoint", async () => {
    const { client, east, log, routing } = await connect();
    east.behaviour = { answer: () => {} };
    east.latest?.cut();
    await until(() => routing.asked.length === 2);
    east.behaviour = {};
    east.latest?.send({ type: "pong" });
    await until(() => client.state === "connected");
    expect(log).toEqual(RECOVERED);
    expect(east.clients.map(({ isRecovery }) => isRecovery)).toEqual([false, true]);
  });

  it("a recovered connection delivers what came meanwhile, and nothing twice", async () => {
    const { east, heard } = await connect();
    east.latest?.message("one", 1);
    east.latest?.message("two", 2);
    await until(() => heard.length === 2);
    east.behaviour = {
      recover: (socket) => {
        for (const [index, data] of ["one", "two", "three"].entries()) {
          socket.message(data, index + 1);
        }
      },
    };
    east.latest?.cut();
    await until(() => heard.length === 3);
    expect(heard).toEqual(["one", "two", "three"]);
    await until(() => east.latest?.receivedOf("sequenceAck").length);
    expect(east.latest?.receivedOf("sequenceAck").at(-1)).toMatchObject({ sequenceId: 3 });
  });

  it("a cut connection is not recovered when the service gave no token, as on the plain protocol", async () => {
    const east = await ScriptedService.start({ greet: (socket) => socket.greet("plain", null) });
    const protocol = "json.webpubsub.azure.v1";
    const { client, log } = makeClient(new ScriptedNegotiate({ east }).negotiate, { protocol });
    await client.start();
    log.length = 0;
    east.latest?.cut();
    await until(() => log.includes("connected east"));
    expect(log[1]).toBe("disconnected");
    expect(east.clients.map(({ isRecovery }) => isRecovery)).toEqual([false, false]);
  });

  it("a cut connection is not recovered when recovery is turned off", async () => {
    const { east, log } = await connect({ recoveryTimeoutInMs: 0 });
    east.latest?.cut();
    await until(() => log.includes("connected east"));
    expect(east.clients.map(({ isRecovery }) => isRecovery)).toEqual([false, false]);
  });

  it.each([[1000], [1003], [1007], [1008], [1009]])(
    "a connection that the service closed with %d is not recovered, and its endpoint is not reported as failed",
    async (code) => {
      const { client, east, log, routing } = await connect();
      east.behaviour = { answer: () => {} };
      const calling = client.sendEvent("e", 1, "json");
      await until(() => east.latest?.received.length);
      routing.sendTo("nowhere");
      east.latest?.close(code);
      // Before there is another.
      await expect(calling).rejects.toMatchObject({ code: "ERR_OUTCOME_UNKNOWN" });
      expect(log.slice(0, 2)).toEqual(["state reconnecting", "disconnected"]);
      routing.sendTo("east");
      await until(() => log.includes("connected east"));
      expect(east.clients.map(({ isRecovery }) => isRecovery)).toEqual([false, false]);
      expect(routing.asked.slice(0, 2)).toEqual(["", ""]);
    },
  );

  it("a connection that is cut after every recovery is recovered at ever longer intervals", async () => {
    const random = jest.spyOn(Math, "random").mockReturnValue(0.01);
    const { client, east } = await connect();
    let cuts = 0;
    east.behaviour = {
      answer: (frame, socket) => {
        socket.answer(frame);
        if (frame.type === "ping" && cuts++ < 4) setImmediate(() => socket.cut());
      },
    };
    const setTimer = jest.spyOn(globalThis, "setTimeout");
    east.latest?.cut();
    await until(() => cuts === 5 && client.state === "connected");
    const pauses = setTimer.mock.calls.map(([, inMs]) => inMs);
    random.mockRestore();
    setTimer.mockRestore();
    // 1 % of the ceilings of recovery.
    expect(pauses).toEqual(expect.arrayContaining([10, 20, 40]));
  });
});

describe("failing recovery", () => {
  it("recovery ends when the service does not know the connection", async () => {
    const { east, log, routing } = await connect();
    east.behaviour = { recover: (socket) => socket.close(1008) };
    east.latest?.cut();
    await until(() => log.includes("connected east"));
    expect(log).toEqual([
      "state reconnecting",
      "disconnected",
      "state connected",
      "connected east",
    ]);
    // It has answered, so it is not complained about.
    expect(routing.asked.every((failed) => failed === "")).toBe(true);
  });

  it("a client does not wait for a recovery when negotiate names another endpoint", async () => {
    const { east, west, client, log, routing } = await connect();
    east.behaviour = { recover: () => {}, answer: () => {} };
    routing.sendTo("west");
    east.latest?.cut();
    await until(() => client.endpoint === "west");
    expect(log).toEqual([
      "state reconnecting",
      "disconnected",
      "state connected",
      "connected west",
      "moved east -> west",
    ]);
    // The endpoint has let it in, so it is not complained about.
    expect(routing.asked.at(-1)).toBe("");
    await until(() => east.latest?.closeCode);
    expect(west.clients).toHaveLength(1);
  });

  it("a recovery without an answer is given up when negotiate names the same endpoint", async () => {
    const { east, client, log } = await connect({ handshakeTimeoutInMs: 100, ...impatient });
    east.behaviour = {
      recover: () => {},
      answer: (frame, socket) => !socket.isRecovery && socket.answer(frame),
    };
    east.latest?.cut();
    await until(() => log.includes("connected east"));
    expect(client.state).toBe("connected");
    expect(east.latest?.isRecovery).toBe(false);
  });

  it("negotiate is asked again while a recovery is refused, and may name another endpoint", async () => {
    const { east, west, routing, log } = await connect({ handshakeTimeoutInMs: 60_000 });
    east.behaviour = { recover: (socket) => socket.cut() };
    routing.sendTo("east", "east", "west");
    east.latest?.cut();
    await until(() => log.includes("moved east -> west"));
    expect(routing.asked).toEqual(["", "east", "east", "east"]);
    expect(east.clients.every(({ isRecovery }, index) => isRecovery || index === 0)).toBe(true);
    expect(west.clients).toHaveLength(1);
  });

  it("a recovery that works after negotiate has named another endpoint is followed by another negotiate", async () => {
    // So that it is tried again soon.
    const random = jest.spyOn(Math, "random").mockReturnValue(0.01);
    const { east, west, routing, log } = await connect({ handshakeTimeoutInMs: 500 });
    east.behaviour = { recover: (socket) => socket.cut() };
    west.behaviour = { greet: () => {} };
    routing.sendTo("east", "west");
    east.latest?.cut();
    await until(() => west.clients.length === 1);
    west.behaviour = {};
    east.behaviour = {};
    await until(() => log.includes("state connected"));
    await until(() => log.includes("moved east -> west"));
    random.mockRestore();
  });

  it("a recovery that does not work is tried at ever longer intervals", async () => {
    const random = jest.spyOn(Math, "random").mockReturnValue(0.01);
    const { east, routing } = await connect();
    routing.sendTo("nowhere");
    east.behaviour = { recover: (socket) => socket.cut() };
    const setTimer = jest.spyOn(globalThis, "setTimeout");
    east.latest?.cut();
    const pauses = () => setTimer.mock.calls.map(([, inMs]) => inMs);
    // A second, and 1 % of the ceilings.
    await until(() => pauses().includes(1010));
    await until(() => pauses().includes(1020));
    random.mockRestore();
    setTimer.mockRestore();
  });

  it("a recovery is tried once more before its endpoint is reported as failed", async () => {
    // The first attempt after 180 ms, the turn to negotiate after 900, the next attempt after 1080.
    const random = jest.spyOn(Math, "random").mockReturnValue(0.9);
    const { client, east, routing } = await connect({ reconnectSpreadInMs: 1000 });
    let refusals = 0;
    east.behaviour = {
      recover: (socket) => {
        refusals += 1;
        if (refusals === 1) socket.cut();
      },
    };
    east.latest?.cut();
    await until(() => refusals === 2 && client.state === "connected");
    await until(() => routing.asked.length >= 2);
    random.mockRestore();
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(routing.asked).toEqual(["", ""]);
  });

  it("a recovery is given up after recoveryTimeoutInMs", async () => {
    const { east, log, routing } = await connect({
      recoveryTimeoutInMs: 30,
      handshakeTimeoutInMs: 20,
      ...impatient,
    });
    routing.sendTo("nowhere");
    east.behaviour = { recover: () => {}, answer: () => {} };
    east.latest?.cut();
    await until(() => log.includes("disconnected"));
    const attempts = east.clients.length;
    routing.sendTo("west");
    await until(() => log.includes("moved east -> west"));
    expect(east.clients).toHaveLength(attempts);
  });
});

describe("a connection that is joining its groups again", () => {
  /** Stopped and started again with a group; the service sits on the join. */
  async function startAgain() {
    const connected = await connect();
    const { client, east, log } = connected;
    await client.joinGroup("g");
    client.stop();
    log.length = 0;
    east.behaviour = { answer: () => {} };
    const starting = client.start();
    const count = east.clients.length + 1;
    await until(() => east.clients.length === count && east.latest?.received.length);
    return { ...connected, starting };
  }

  it("a connection that is recovered while it joins its groups again emits connected once", async () => {
    const { client, east, log, starting } = await startAgain();
    east.behaviour = {};
    east.latest?.cut();
    await starting;
    expect(east.latest?.isRecovery).toBe(true);
    expect(east.latest?.receivedOf("joinGroup").length).toBeGreaterThan(0);
    expect(client.state).toBe("connected");
    expect(log.filter((line) => line === "connected east")).toHaveLength(1);
    expect(log).not.toContain("disconnected");
  });

  it("a connection that is lost while it joins its groups again emits nothing; the next one emits connected", async () => {
    const { client, east, west, log, routing, starting } = await startAgain();
    routing.sendTo("west");
    east.behaviour = { recover: (socket) => socket.close(1008) };
    east.latest?.cut();
    await starting;
    expect(client.endpoint).toBe("west");
    expect(log.filter((line) => !line.startsWith("state"))).toEqual(["connected west"]);
    expect(west.latest?.receivedOf("joinGroup")).toMatchObject([{ group: "g" }]);
  });

  it("no move is emitted for a connection that is lost while it joins its groups again", async () => {
    const { client, east, west, log, routing } = await connect();
    await client.joinGroup("g");
    west.behaviour = {
      answer: (_, socket) => socket.cut(),
      recover: (socket) => {
        routing.sendTo("east");
        socket.close(1008);
      },
    };
    routing.sendTo("west");
    east.latest?.close(1000);
    await until(() => log.includes("connected east"));
    expect(west.clients.length).toBeGreaterThan(0);
    expect(log.filter((line) => !line.startsWith("state"))).toEqual([
      "disconnected",
      "connected east",
    ]);
  });
});

describe("against the emulator", () => {
  async function connectToEmulator(onActivity: (activity: Activity) => void = () => {}) {
    const appServer = await scene.appServer();
    const emulator = await scene.emulator({ hubs: { chat: appServer.hub }, onActivity });
    const url = clientUrl(emulator, "chat", { userId: "ada", roles, groups: ["g"] });
    const made = makeClient(() => ({ url, endpoint: "east" }));
    await made.client.start();
    await appServer.nextEvents(2);
    made.log.length = 0;
    return { appServer, emulator, ...made };
  }

  it("an event whose ack was lost with the socket is handled once, though it is sent twice", async () => {
    let drop = (): unknown => undefined;
    const { appServer, emulator, client, log } = await connectToEmulator((activity) => {
      if (activity.kind === "event" && activity.event === "order") drop();
    });
    drop = () => emulator.dropSockets();
    expect(await client.sendEvent("order", 1, "json")).toEqual({ ackId: 1, isDuplicated: true });
    expect(log).toEqual(RECOVERED);
    expect(appServer.events.size).toBe(1);
  });

  it("an event that is being handled when the socket is dropped is handled once", async () => {
    let answer = (): void => {};
    const { appServer, emulator, client } = await connectToEmulator(({ kind }) => {
      if (kind === "clientRecovered") answer();
    });
    appServer.answer = () =>
      new Promise((resolve) => {
        answer = () => resolve({ status: 204 });
      });
    const sending = client.sendEvent("order", 1, "json");
    await appServer.nextEvents(1);
    emulator.dropSockets();
    expect(await sending).toMatchObject({ ackId: 1 });
    await client.leaveGroup("other");
    expect(appServer.events.size).toBe(0);
  });

  it("a client whose socket is dropped again and again receives every message of its group, in order", async () => {
    const { emulator, client, heard, log } = await connectToEmulator();
    const said = Array.from({ length: 30 }, (_, index) => index + 1);
    for (const data of said) {
      void client.sendToGroup("g", data, "json").catch(() => {});
      if (data % 7 === 0) emulator.dropSockets();
      await new Promise(setImmediate);
    }
    await until(() => heard.length >= said.length);
    expect(heard).toEqual(said);
    expect(log).not.toContain("disconnected");
  });
});
