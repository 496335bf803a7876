import { createFaultScene, health, outcomeOf } from "../support/fault-scene.ts";
import { sendToAll } from "../support/rest.ts";
import { SocketClient } from "../support/socket-client.ts";
import { clientUrl } from "../support/tokens.ts";

const { scene, letTimePass } = createFaultScene();

const hourInMs = 60 * 60 * 1000;

describe("latency", () => {
  test("under latency the service does what it is asked at once and answers late", async () => {
    const emulator = await scene.emulator();
    const client = await scene.connectJson(emulator);
    await emulator.inject({ kind: "latency", delayInMs: hourInMs });
    const answer = sendToAll(emulator, "soon");
    expect(await client.nextJson()).toMatchObject({ data: "soon" });
    await letTimePass();
    await emulator.clear();
    expect((await answer).status).toBe(202);
  });

  test("latency delays each answer by delayInMs and the jitter", async () => {
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

  test("under latency the app server is not asked about a client that has hung up", async () => {
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
