import type { Emulator } from "express-resilient-pubsub/emulator";
import { until } from "../../support/until.ts";
import { createFaultScene, health, outcomeOf } from "../support/fault-scene.ts";
import { sendToAll } from "../support/rest.ts";
import { SocketClient } from "../support/socket-client.ts";
import { clientUrl } from "../support/tokens.ts";

const { scene, letTimePass } = createFaultScene();

describe("a share of the requests", () => {
  const isHit = async (emulator: Emulator) => (await sendToAll(emulator, "x")).status === 500;

  const sequence = async (emulator: Emulator): Promise<boolean[]> => {
    await emulator.inject({ kind: "gray", share: 0.3 });
    const hits: boolean[] = [];
    for (let count = 0; count < 30; count++) hits.push(await isHit(emulator));
    return hits;
  };

  test("a fault's share concerns the same requests for the same seed, at every injection anew", async () => {
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

  test("a blackhole for a share of the requests leaves open clients, and the other requests, alone", async () => {
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

  test("under a fault for a share, the other requests are answered", async () => {
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
