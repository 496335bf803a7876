import { ResilientPubSubClient } from "express-resilient-pubsub/client";
import { closeAfterTest } from "../support/clean-up.ts";
import { until } from "../support/until.ts";
import { makeClient } from "./support/make-client.ts";
import { ScriptedNegotiate } from "./support/scripted-negotiate.ts";
import { ScriptedService } from "./support/scripted-service.ts";

const started = (code: string) => expect.objectContaining({ code });

async function connect(options = {}) {
  const service = await ScriptedService.start();
  const routing = new ScriptedNegotiate({ east: service });
  const made = makeClient(routing.negotiate, options);
  await made.client.start();
  return { service, routing, ...made };
}

const UP = ["state connecting", "state connected", "connected east"];
const DOWN = ["state stopped", "disconnected", "stopped"];

describe("start", () => {
  it("start connects, and emits state and endpoint before it resolves", async () => {
    const { client, log, events } = await connect();
    expect(client).toMatchObject({ state: "connected", endpoint: "east" });
    expect(log).toEqual(UP);
    expect(events.connected).toEqual([
      { connectionId: "connection-1", userId: "ada", endpoint: "east" },
    ]);
    expect(events.moved).toEqual([]);
  });

  it("start of a started client is refused, and the client stays connected", async () => {
    const { client, log } = await connect();
    await expect(client.start()).rejects.toEqual(started("ERR_CLIENT_STARTED"));
    expect(client.state).toBe("connected");
    expect(log).toEqual(UP);
  });

  it("start of a client that is still connecting is refused", async () => {
    const service = await ScriptedService.start();
    const { client } = makeClient(new ScriptedNegotiate({ east: service }).negotiate);
    const starting = client.start();
    await expect(client.start()).rejects.toEqual(started("ERR_CLIENT_STARTED"));
    await starting;
  });

  it("start can follow a stop at once, and the old connection emits nothing any more", async () => {
    const { client, service, log } = await connect();
    log.length = 0;
    client.stop();
    const starting = client.start();
    service.latest?.message("from the old connection");
    await starting;
    expect(log).toEqual([...DOWN, ...UP]);
    expect(service.clients).toHaveLength(2);
    await until(() => service.clients[0]?.closeCode === 1000);
    expect(client.state).toBe("connected");
  });
});

describe("stop", () => {
  it("stop closes the connection, and does nothing the second time", async () => {
    const { client, service, log } = await connect();
    log.length = 0;
    client.stop();
    client.stop();
    expect(log).toEqual(DOWN);
    expect(client).toMatchObject({ state: "stopped", endpoint: undefined });
    await until(() => service.latest?.closeCode === 1000);
    expect(service.clients).toHaveLength(1);
  });

  it("stop of a client that was never started does nothing", () => {
    const { client, log } = makeClient("http://127.0.0.1:9/negotiate");
    client.stop();
    expect(log).toEqual([]);
  });

  it.each<[string, (made: Awaited<ReturnType<typeof stalled>>) => unknown]>([
    ["while negotiate is under way", ({ made }) => until(() => made.log.length > 0)],
    ["while the socket waits for its greeting", ({ service }) => until(() => service.latest)],
    ["during a pause", ({ made }) => until(() => made.events["connect-failed"].length > 0)],
  ])("stop ends a start %s", async (state, hasCome) => {
    const scene = await stalled(state);
    const { client, log, events } = scene.made;
    const starting = client.start();
    const ended = expect(starting).rejects.toEqual(started("ERR_CLIENT_STOPPED"));
    await hasCome(scene);
    client.stop();
    await ended;
    expect(client.state).toBe("stopped");
    expect(log.at(-1)).toBe("stopped");
    expect(events.disconnected).toEqual([]);
    expect(events.stopped).toEqual([{ code: "stopped" }]);
  });

  it("stop ends a client that has lost its connection and finds no other", async () => {
    const { client, service, log, routing } = await connect();
    routing.sendTo("nowhere");
    service.behaviour = { recover: (socket) => socket.close(1008) };
    service.latest?.cut();
    await until(() => log.includes("connect-failed ERR_NEGOTIATE_FAILED"));
    log.length = 0;
    client.stop();
    expect(log).toEqual(["state stopped", "stopped"]);
  });

  it("stop ends a recovery under way, and emits the end of the connection that is lost with it", async () => {
    const { client, service, log, routing } = await connect();
    routing.sendTo("nowhere");
    service.behaviour = { recover: () => {}, answer: () => {} };
    service.latest?.cut();
    await until(() => service.latest?.isRecovery);
    client.stop();
    expect(log.slice(-3)).toEqual(DOWN);
    await until(() => service.latest?.closeCode);
  });
});

async function stalled(state: string) {
  const service = await ScriptedService.start({ greet: () => {} });
  const negotiate = (): Promise<{ url: string }> | { url: string } => {
    if (state.startsWith("while negotiate")) return new Promise(() => {});
    return { url: state === "during a pause" ? "" : service.url };
  };
  const slow = { retryDelayInMs: 1e9, maxRetryDelayInMs: 1e9 };
  return { service, made: makeClient(negotiate, { reconnectRetryOptions: slow }) };
}

describe("a listener", () => {
  it.each([
    ["connected"],
    ["disconnected"],
    ["moved"],
    ["server-message"],
    ["state-changed"],
    ["connect-failed"],
  ] as const)(
    "a listener of %s may stop the client, and nothing follows but its end",
    async (name) => {
      const east = await ScriptedService.start();
      const west = await ScriptedService.start();
      const routing = new ScriptedNegotiate({ east, west });
      const { client, log } = makeClient(routing.negotiate, { recoveryTimeoutInMs: 0 });
      await client.start();
      log.length = 0;
      client.on(name, () => client.stop());

      routing.sendTo("nowhere", "west");
      east.latest?.message("hello");
      if (name !== "server-message") east.latest?.cut();
      await until(() => log.includes("stopped"));
      const at = log.lastIndexOf("state stopped");
      expect(log.slice(at).filter((line) => line !== "disconnected")).toEqual([
        "state stopped",
        "stopped",
      ]);
      expect(client.state).toBe("stopped");
      await until(() => [...east.clients, ...west.clients].every(({ closeCode }) => closeCode));
    },
  );

  it.each([["connecting"], ["connected"]] as const)(
    "a listener that stops the client when its state becomes %s ends the start",
    async (state) => {
      const service = await ScriptedService.start();
      const { client, events } = makeClient(new ScriptedNegotiate({ east: service }).negotiate);
      client.on("state-changed", (change) => {
        if (change.state === state) client.stop();
      });
      await expect(client.start()).rejects.toEqual(started("ERR_CLIENT_STOPPED"));
      expect(client.state).toBe("stopped");
      expect(events.connected).toEqual([]);
      expect(events.disconnected).toEqual([]);
    },
  );

  it("a listener of stopped may start the client again", async () => {
    const { client, log, service } = await connect();
    let again: Promise<void> | undefined;
    const restart = () => {
      client.off("stopped", restart);
      again = client.start();
    };
    client.on("stopped", restart);
    client.stop();
    await again;
    expect(client.state).toBe("connected");
    expect(log.at(-1)).toBe("connected east");
    expect(service.clients).toHaveLength(2);
  });

  it("a listener that stops the client at a message hears no later message, even one already received", async () => {
    const service = await ScriptedService.start({
      greet: (socket) => {
        socket.greet("c");
        for (const data of [1, 2, 3]) socket.message(data);
      },
    });
    const { client, heard } = makeClient(new ScriptedNegotiate({ east: service }).negotiate);
    client.on("server-message", () => client.stop());
    const starting = client.start().catch(() => {});
    await until(() => service.latest?.closeCode);
    await starting;
    expect(heard).toEqual([1]);
  });

  it("a listener that throws does not disturb other listeners, and its error is thrown in a microtask", async () => {
    const thrown: unknown[] = [];
    jest.spyOn(globalThis, "queueMicrotask").mockImplementation((task) => {
      try {
        task();
      } catch (error) {
        thrown.push(error);
      }
    });
    const service = await ScriptedService.start();
    const client = new ResilientPubSubClient(new ScriptedNegotiate({ east: service }).negotiate);
    closeAfterTest({ close: () => client.stop() });
    const mistake = new Error("of the application's");
    client.on("connected", () => {
      throw mistake;
    });
    const heard: string[] = [];
    client.on("connected", ({ connectionId }) => void heard.push(connectionId));
    await client.start();
    jest.restoreAllMocks();
    expect(heard).toEqual(["connection-1"]);
    expect(thrown).toEqual([mistake]);
    expect(client.state).toBe("connected");
  });

  it("a removed listener is not called any more", async () => {
    const { client, service, heard } = await connect();
    const also: unknown[] = [];
    const listener = () => void also.push(1);
    client.on("server-message", listener);
    client.off("server-message", listener);
    service.latest?.message("hello");
    await until(() => heard.length === 1);
    expect(also).toEqual([]);
  });
});

describe("the signal of start", () => {
  it("start with an aborted signal ends at once, and does not negotiate", async () => {
    const routing = new ScriptedNegotiate({});
    const { client, log } = makeClient(routing.negotiate);
    const reason = new Error("not now");
    await expect(client.start({ abortSignal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    expect(log).toEqual([]);
    expect(routing.asked).toEqual([]);
  });

  // An abort may have any reason; undefined stands for none, and becomes an AbortError.
  it.each([[new Error("no more")], ["a word"], [0], [false]])(
    "start is rejected with the reason of its signal, be it %p",
    async (reason) => {
      const { client, log } = makeClient(() => new Promise<never>(() => {}));
      const controller = new AbortController();
      const starting = client.start({ abortSignal: controller.signal });
      const ended = expect(starting).rejects.toBe(reason);
      controller.abort(reason);
      await ended;
      expect(client.state).toBe("stopped");
      expect(log[2]).toMatch("stopped");
    },
  );

  it("the signal of start is ignored once the client has started", async () => {
    const service = await ScriptedService.start();
    const { client } = makeClient(new ScriptedNegotiate({ east: service }).negotiate);
    const controller = new AbortController();
    await client.start({ abortSignal: controller.signal });
    controller.abort();
    expect(client.state).toBe("connected");
  });
});

it("two clients in one process have nothing to do with each other", async () => {
  const service = await ScriptedService.start();
  const routing = new ScriptedNegotiate({ east: service });
  const one = makeClient(routing.negotiate);
  const two = makeClient(routing.negotiate);
  await Promise.all([one.client.start(), two.client.start()]);
  const sending = two.client.sendToGroup("g", 1, "json");
  one.client.stop();
  expect(await sending).toEqual({ ackId: 1, isDuplicated: false });
  expect(two.client.state).toBe("connected");
  expect(two.log).toEqual(UP);
});

it("a client that is started again joins its groups again", async () => {
  const { client, service } = await connect();
  await client.joinGroup("a");
  await client.joinGroup("b");
  await client.leaveGroup("a");
  client.stop();
  await client.start();
  expect(service.latest?.receivedOf("joinGroup")).toMatchObject([{ group: "b" }]);
});
