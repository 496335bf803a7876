import { until } from "../../support/until.ts";
import { createFaultScene, health, outcomeOf } from "../support/fault-scene.ts";
import { connectionExists, openTcp, sendToAll } from "../support/rest.ts";
import { reliableProtocol } from "../support/scene.ts";
import { SocketClient } from "../support/socket-client.ts";
import { clientUrl } from "../support/tokens.ts";

const { scene, letTimePass } = createFaultScene();

const kind = "half-open";
const ping = { type: "ping" };
const pong = { type: "pong" };

const isOpen = ({ socket }: SocketClient): boolean => socket.readyState === socket.OPEN;

describe("half-open", () => {
  test("open clients stay open, get nothing and say nothing, until their sockets end with the fault", async () => {
    const { appServer, emulator } = await scene.withAppServer();
    const client = await scene.connectJson(emulator, { userId: "ada" });
    await appServer.nextEvents(2);
    await emulator.inject({ kind });
    client.send({ type: "event", event: "lost", dataType: "text", data: "x", ackId: 1 });
    client.send(ping);
    client.socket.ping();
    // For the service it has gone.
    expect((await appServer.events.take()).event).toBe("sys.disconnected");
    await letTimePass();
    expect(client.unread).toBe(0);
    expect(isOpen(client)).toBe(true);
    await emulator.clear();
    expect(await client.closed).toEqual({ code: 1006, reason: "" });
    expect(client.unread).toBe(0);
    expect(appServer.events.size).toBe(0);
    expect(await connectionExists(emulator, client.connectionId)).toBe(false);
  });

  test("what waits for an open client does not get to it any more", async () => {
    const emulator = await scene.emulator();
    const client = await scene.connect(emulator);
    client.socket.pause();
    const count = 14;
    for (let sent = 0; sent < count; sent++) await sendToAll(emulator, "x".repeat(1_000_000));
    await emulator.inject({ kind });
    client.socket.resume();
    for (let times = 0; times < 4; times++) await letTimePass();
    expect(client.unread).toBeLessThan(count);
    await emulator.clear();
    await client.closed;
    expect(client.unread).toBeLessThan(count);
  });

  test("a client that closes its dead socket is not answered, and leaves nothing behind", async () => {
    const emulator = await scene.emulator();
    const [closing, ending] = [await scene.connect(emulator), await scene.connectJson(emulator)];
    await emulator.inject({ kind });
    closing.socket.close(1000);
    ending.terminate();
    await ending.closed;
    await letTimePass();
    expect(closing.socket.readyState).toBe(closing.socket.CLOSING);
    await emulator.clear();
    expect((await closing.closed).code).toBe(1006);
  });

  test("new connections are taken, and get no answer and no end", async () => {
    const emulator = await scene.emulator();
    await emulator.inject({ kind });
    const handshake = new SocketClient(clientUrl(emulator, "chat"));
    (await openTcp(emulator.port)).destroy();
    const call = outcomeOf(sendToAll(emulator, "lost"));
    const check = outcomeOf(health(emulator));
    await letTimePass();
    await letTimePass();
    const ends = [call, check, handshake.closed.then(() => "closed")];
    expect(await Promise.race([...ends, "silent"])).toBe("silent");
    await emulator.clear();
    expect(await Promise.all(ends)).toEqual(["ECONNRESET", "ECONNRESET", "closed"]);
    expect((await health(emulator)).status).toBe(200);
  });

  test("a handshake that was under way is not answered either", async () => {
    const { appServer, emulator } = await scene.withAppServer();
    appServer.answer = async ({ event }) => {
      if (event === "sys.connect") await emulator.inject({ kind });
      return { status: 204 };
    };
    const client = new SocketClient(clientUrl(emulator, "chat"));
    await appServer.nextEvents(2);
    await letTimePass();
    expect(client.socket.readyState).toBe(client.socket.CONNECTING);
    await emulator.clear();
    expect((await client.closed).code).toBe(1006);
  });

  test("a reliable client gets on a new socket what it was sent on the dead one", async () => {
    const emulator = await scene.emulator();
    const client = await scene.connect(emulator, { protocols: [reliableProtocol] });
    const { connectionId, reconnectionToken } = (await client.nextJson()) as Record<string, string>;
    await emulator.inject({ kind, requestTypes: ["ClientConnection"] });
    expect((await sendToAll(emulator, "missed")).status).toBe(202);
    await letTimePass();
    expect(client.unread).toBe(0);
    await emulator.clear();
    const query = new URLSearchParams({
      awps_connection_id: connectionId ?? "",
      awps_reconnection_token: reconnectionToken ?? "",
    });
    const url = `${emulator.endpoint.replace("http", "ws")}/client/hubs/chat?${query}`;
    const recovered = new SocketClient(url, [reliableProtocol]);
    scene.defer(() => recovered.terminate());
    expect(await recovered.nextJson()).toMatchObject({ data: "missed", sequenceId: 1 });
  });

  test.each(["RESTAPI", "Health"] as const)("for %s only, clients go on", async (requestType) => {
    const emulator = await scene.emulator();
    const client = await scene.connectJson(emulator);
    await emulator.inject({ kind, requestTypes: [requestType] });
    expect(await client.ask(ping)).toEqual(pong);
    const held = outcomeOf(requestType === "Health" ? health(emulator) : sendToAll(emulator, "x"));
    await letTimePass();
    await emulator.clear();
    expect(await held).toBe("ECONNRESET");
  });

  const whoIsDead = async (seed: number): Promise<boolean[]> => {
    const emulator = await scene.emulator({ seed });
    const clients = await Promise.all(Array.from({ length: 8 }, () => scene.connectJson(emulator)));
    await emulator.inject({ kind, share: 0.25, requestTypes: ["ClientConnection"] });
    for (const client of clients) client.send(ping);
    await until(() => clients.filter(({ unread }) => unread > 0).length === 6);
    await letTimePass();
    const dead = clients.map(({ unread }) => unread === 0);
    await emulator.clear();
    return dead;
  };

  test("a share of the open clients is dead, and the seed draws them", async () => {
    const dead = await whoIsDead(2);
    expect(dead.filter(Boolean)).toHaveLength(2);
    expect(await whoIsDead(2)).toEqual(dead);
    expect(await whoIsDead(3)).not.toEqual(dead);
  });

  test.each(["crash", "restart", "close"] as const)("%s ends dead sockets", async (how) => {
    const emulator = await scene.emulator();
    const client = await scene.connectJson(emulator);
    await emulator.inject({ kind });
    if (how === "crash") await emulator.inject({ kind: "crash" });
    else await emulator[how]();
    expect((await client.closed).code).toBe(1006);
  });

  test("with TLS, dead sockets are as silent and new ones are not even greeted", async () => {
    const emulator = await scene.emulator({ tls: true });
    const open = () => {
      const url = clientUrl(emulator, "chat");
      const client = new SocketClient(url, [], {}, { ca: emulator.certificate });
      scene.defer(() => client.terminate());
      return client;
    };
    const old = open();
    await old.opened;
    await emulator.inject({ kind });
    const late = open();
    old.socket.ping();
    await letTimePass();
    expect(isOpen(old)).toBe(true);
    expect(late.socket.readyState).toBe(late.socket.CONNECTING);
    await emulator.clear();
    expect((await old.closed).code).toBe(1006);
    expect((await late.closed).code).toBe(1006);
  });

  test("the admin route on the same port goes on", async () => {
    const emulator = await scene.emulator({ admin: true });
    await emulator.inject({ kind });
    const method = "DELETE";
    expect((await fetch(`${emulator.adminEndpoint}/faults`, { method })).status).toBe(204);
    expect((await health(emulator)).status).toBe(200);
  });
});
