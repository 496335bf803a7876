import { Agent, get } from "node:http";
import type { Emulator } from "express-resilient-pubsub/emulator";
import { until } from "../../support/until.ts";
import { createFaultScene, health, outcomeOf } from "../support/fault-scene.ts";
import { sendToAll } from "../support/rest.ts";
import { allRoles, jsonProtocol } from "../support/scene.ts";
import { SocketClient } from "../support/socket-client.ts";
import { clientUrl } from "../support/tokens.ts";

const { scene, letTimePass } = createFaultScene();

const kind = "slow-link";
/** It would take a minute and more. */
const large = "x".repeat(900_000);
/** Nothing that is small needs longer than a moment. */
const bytesPerSecond = 15_000;

async function open(emulator: Emulator, groups: string[] = []): Promise<SocketClient> {
  const url = clientUrl(emulator, "chat", { roles: allRoles, groups });
  const client = new SocketClient(url, [jsonProtocol], {}, { ca: emulator.certificate });
  scene.defer(() => client.terminate());
  await client.opened;
  await client.nextJson();
  return client;
}

const healthBy = (agent: Agent, { port }: Emulator): Promise<number> =>
  new Promise((resolve, reject) => {
    get({ agent, host: "127.0.0.1", port, path: "/api/health" })
      .on("error", reject)
      .on("response", (response) => {
        response.resume().on("end", () => resolve(response.statusCode ?? 0));
      });
  });

const toGroup = (data: string) => ({ type: "sendToGroup", group: "g", dataType: "text", data });

const ping = { type: "ping" };
const pong = { type: "pong" };

describe.each([
  ["without TLS", false],
  ["with TLS", true],
])("a slow link %s", (_, tls) => {
  describe.each(["opened before", "opened while it is slow"])(
    "for a client that was %s",
    (when) => {
      const slowClient = async (speed: number | { up?: number; down?: number }) => {
        const emulator = await scene.emulator({ tls });
        const other = await open(emulator);
        const isBefore = when === "opened before";
        const early = isBefore ? await open(emulator, ["g"]) : undefined;
        await emulator.inject({ kind, bytesPerSecond: speed });
        return { emulator, other, client: early ?? (await open(emulator, ["g"])) };
      };

      test.each([{ up: bytesPerSecond }, bytesPerSecond])(
        "keeps what it sends on the way at %j, and nobody else waits",
        async (speed) => {
          const { emulator, other, client } = await slowClient(speed);
          client.send(toGroup(large));
          other.send(toGroup("small"));
          expect(await client.nextJson()).toMatchObject({ data: "small" });
          expect(await other.ask(ping)).toEqual(pong);
          expect(client.unread).toBe(0);
          await emulator.clear();
          expect(await client.nextJson()).toMatchObject({ data: large });
          expect(await client.ask(ping)).toEqual(pong);
        },
      );

      test.each([{ down: bytesPerSecond }, bytesPerSecond])(
        "keeps what it is sent on the way at %j, and nobody else waits",
        async (speed) => {
          const { emulator, other, client } = await slowClient(speed);
          const alone = await scene.emulator({ tls });
          // With both ways slow it would not get to the service to begin with.
          const sent = typeof speed === "number" ? "x".repeat(5000) : large;
          other.send(toGroup(sent));
          other.send(toGroup("small"));
          expect(await other.ask(ping)).toEqual(pong);
          await open(alone);
          expect(client.unread).toBe(0);
          await emulator.clear();
          expect(await client.nextJson()).toMatchObject({ data: sent });
          expect(await client.nextJson()).toMatchObject({ data: "small" });
        },
      );
    },
  );
});

describe("a slow link for REST calls", () => {
  const callers: [string, object, (emulator: Emulator) => Promise<{ status: number }>][] = [
    ["whose body is large", { up: bytesPerSecond }, (it) => sendToAll(it, large)],
    ["that cannot even be asked", { up: 1 }, health],
    ["whose answer takes its time", { down: 1 }, health],
  ];

  test.each(callers)(
    "keeps a call waiting %s, and answers it in the end",
    async (_, speed, call) => {
      const emulator = await scene.emulator();
      const client = await scene.connectJson(emulator);
      await emulator.inject({ kind, bytesPerSecond: speed });
      const answer = call(emulator);
      await letTimePass();
      expect(await Promise.race([answer, "waiting"])).toBe("waiting");
      expect(client.unread).toBe(0);
      await emulator.clear();
      expect([200, 202]).toContain((await answer).status);
    },
  );

  test("does at once what it was asked by a way that is fast", async () => {
    const heard: string[] = [];
    const emulator = await scene.emulator({ onActivity: (it) => heard.push(it.kind) });
    await emulator.inject({ kind, bytesPerSecond: { down: 1 } });
    const answer = sendToAll(emulator, large);
    await until(() => heard.includes("restCall"));
    await emulator.clear();
    expect((await answer).status).toBe(202);
  });

  test("slows a connection that has been used before", async () => {
    const emulator = await scene.emulator();
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    scene.defer(() => agent.destroy());
    const ask = () => healthBy(agent, emulator);
    expect(await ask()).toBe(200);
    await emulator.inject({ kind, bytesPerSecond: { up: 1 } });
    const answer = ask();
    await letTimePass();
    expect(await Promise.race([answer, "waiting"])).toBe("waiting");
    await emulator.clear();
    expect(await answer).toBe(200);
    expect(await ask()).toBe(200);
  });
});

describe("a slow link for a share of the connections", () => {
  const slowOnes = async (tls: boolean) => {
    const emulator = await scene.emulator({ seed: 3, tls });
    const clients: SocketClient[] = [];
    for (let count = 0; count < 6; count++) clients.push(await open(emulator));
    await emulator.inject({ kind, bytesPerSecond: 1, share: 0.5 });
    await emulator.inject({ kind, bytesPerSecond: { down: 1 }, share: 0.5 });
    for (const client of clients) client.send(ping);
    await until(() => clients.some(({ unread }) => unread > 0));
    await letTimePass();
    return clients.map(({ unread }) => unread === 0);
  };

  test("draws each connection once, with TLS as without", async () => {
    const slow = await slowOnes(false);
    expect(new Set(slow).size).toBe(2);
    expect(await slowOnes(true)).toEqual(slow);
  });

  const outcomes = async (seed: number) => {
    const emulator = await scene.emulator({ seed });
    const early = await Promise.all(Array.from({ length: 6 }, () => open(emulator)));
    await emulator.inject({ kind, bytesPerSecond: { down: 1 }, share: 0.5 });
    const answers = early.map((client) => client.ask(ping));
    for (let count = 0; count < 6; count++) {
      const answer = health(emulator);
      answers.push(answer);
      await letTimePass();
    }
    await letTimePass();
    const waiting = await Promise.all(answers.map((it) => Promise.race([it, "waiting"])));
    await emulator.clear();
    await Promise.all(answers);
    return waiting.map((it) => it === "waiting");
  };

  test("slows open and new ones, and those that the seed draws", async () => {
    const slow = await outcomes(3);
    for (const half of [slow.slice(0, 6), slow.slice(6)]) {
      expect(half).toContain(true);
      expect(half).toContain(false);
    }
    expect(await outcomes(3)).toEqual(slow);
    expect(await outcomes(4)).not.toEqual(slow);
  });
});

describe("a slow link and what else there is", () => {
  test("holds next to nothing itself: the rest waits at the sender", async () => {
    const emulator = await scene.emulator();
    const client = await open(emulator);
    await emulator.inject({ kind, bytesPerSecond });
    const sentBytes = 32 * 1024 * 1024;
    for (let sent = 0; sent < sentBytes; sent += 1_000_000) client.send(toGroup("x".repeat(1e6)));
    await letTimePass();
    await letTimePass();
    // As much as the buffers of two sockets in the operating system.
    expect(client.socket.bufferedAmount).toBeGreaterThan(sentBytes / 2);
  });

  test("the admin route on the same port is as fast as ever", async () => {
    const emulator = await scene.emulator({ admin: true });
    const client = await open(emulator);
    const put = { method: "PUT", body: JSON.stringify({ kind, bytesPerSecond: 1 }) };
    const json = { headers: { "Content-Type": "application/json" } };
    expect((await fetch(`${emulator.adminEndpoint}/faults`, { ...put, ...json })).status).toBe(204);
    client.send(ping);
    const call = health(emulator);
    expect(await (await fetch(emulator.adminEndpoint ?? "")).json()).toMatchObject({
      faults: [{ kind, bytesPerSecond: { up: 1, down: 1 }, share: 1 }],
    });
    await letTimePass();
    expect(await Promise.race([call, "waiting"])).toBe("waiting");
    expect(client.unread).toBe(0);
    await emulator.clear();
    expect(await client.nextJson()).toEqual(pong);
  });

  test.each(["crash", "restart", "close"] as const)("%s ends what is on its way", async (how) => {
    const emulator = await scene.emulator();
    const client = await open(emulator, ["g"]);
    await emulator.inject({ kind, bytesPerSecond });
    client.send(toGroup(large));
    const call = outcomeOf(sendToAll(emulator, large));
    await letTimePass();
    if (how === "crash") await emulator.inject({ kind: "crash" });
    else if (how === "restart") await emulator.restart();
    else await emulator.close();
    await client.closed;
    expect(["ECONNRESET", "EPIPE", "answered"]).toContain(await call);
  });

  test.each(["dropped by the service", "gone by itself"])(
    "a client that is %s leaves nothing behind",
    async (how) => {
      const emulator = await scene.emulator();
      const client = await open(emulator, ["g"]);
      await emulator.inject({ kind, bytesPerSecond });
      client.send(toGroup(large));
      await letTimePass();
      if (how === "dropped by the service") emulator.dropSockets();
      else client.terminate();
      await client.closed;
      await emulator.clear();
      expect(await (await open(emulator)).ask(ping)).toEqual(pong);
    },
  );

  test("a second one takes the place of the first", async () => {
    const emulator = await scene.emulator();
    const client = await open(emulator);
    await emulator.inject({ kind, bytesPerSecond: 1 });
    client.send(ping);
    await letTimePass();
    expect(client.unread).toBe(0);
    await emulator.inject({ kind, bytesPerSecond });
    expect(await client.nextJson()).toEqual(pong);
  });
});
