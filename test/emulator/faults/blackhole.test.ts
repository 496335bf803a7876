import { createFaultScene, health, outcomeOf } from "../support/fault-scene.ts";
import { openTcp, sendToAll } from "../support/rest.ts";
import { SocketClient } from "../support/socket-client.ts";
import { clientUrl } from "../support/tokens.ts";

const { scene, letTimePass } = createFaultScene();

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
