import { createFaultScene, health } from "../support/fault-scene.ts";
import { callRest, openTcp } from "../support/rest.ts";
import { SocketClient } from "../support/socket-client.ts";
import { clientUrl } from "../support/tokens.ts";

const { scene } = createFaultScene();

const userPath = (userId: string) => `/api/hubs/chat/users/${userId}?api-version=2024-12-01`;

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

  test("a validation that a crash cuts off does not count as failed", async () => {
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
