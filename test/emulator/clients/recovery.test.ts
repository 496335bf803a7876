import type { Emulator } from "express-resilient-pubsub/emulator";
import { until } from "../../support/until.ts";
import { apiVersion, callRest, connectionExists } from "../support/rest.ts";
import {
  accessKey,
  allRoles,
  createScene,
  jsonProtocol,
  reliableProtocol,
  secondaryAccessKey,
} from "../support/scene.ts";
import { SocketClient } from "../support/socket-client.ts";
import { clientUrl } from "../support/tokens.ts";

const scene = createScene();

interface Connected {
  connectionId: string;
  reconnectionToken: string;
}

async function connectReliable(emulator: Emulator, options = {}) {
  const client = await scene.connect(emulator, {
    protocols: [reliableProtocol],
    roles: allRoles,
    ...options,
  });
  const { connectionId, reconnectionToken } = (await client.nextJson()) as Connected;
  client.connectionId = connectionId;
  return { client, connectionId, reconnectionToken };
}

function recover(
  emulator: Emulator,
  { connectionId, reconnectionToken }: Connected,
  { hub = "chat", protocols = [reliableProtocol], query = "" } = {},
): SocketClient {
  const url = new URL(`${emulator.endpoint.replace("http", "ws")}/client/hubs/${hub}${query}`);
  url.searchParams.set("awps_connection_id", connectionId);
  url.searchParams.set("awps_reconnection_token", reconnectionToken);
  const client = new SocketClient(url.href, protocols);
  scene.defer(() => client.terminate());
  return client;
}

const rest = (emulator: Emulator, method: string, path: string, body?: string) =>
  callRest(emulator, {
    method,
    path: `/api/hubs/chat/${path}${path.includes("?") ? "&" : "?"}${apiVersion}`,
    ...(body !== undefined && { headers: { "Content-Type": "text/plain" }, body }),
  });

const sendText = (emulator: Emulator, connectionId: string, text: string, query = "") =>
  rest(emulator, "POST", `connections/${connectionId}/:send${query}`, text);

describe("a reliable client that has lost its socket", () => {
  test("gets on a new one what it has not acknowledged, then what is new", async () => {
    const emulator = await scene.emulator();
    const connected = await connectReliable(emulator);
    const { client, connectionId } = connected;
    for (const text of ["1", "2", "3"]) await sendText(emulator, connectionId, text);
    for (const data of ["1", "2", "3"]) expect(await client.nextJson()).toMatchObject({ data });
    client.send({ type: "sequenceAck", sequenceId: 2 });
    expect(await client.ask({ type: "ping" })).toEqual({ type: "pong" });
    client.terminate();
    await client.closed;
    await sendText(emulator, connectionId, "4");

    const again = recover(emulator, connected);
    await again.opened;
    expect(again.socket.protocol).toBe(reliableProtocol);
    expect(await again.nextJson()).toMatchObject({ sequenceId: 3, data: "3" });
    expect(await again.nextJson()).toMatchObject({ sequenceId: 4, data: "4" });
    await sendText(emulator, connectionId, "5");
    expect(await again.nextJson()).toMatchObject({ sequenceId: 5, data: "5" });
  });

  test("a recovered client has kept its user, groups, roles, state and used up ack ids", async () => {
    const { appServer, emulator } = await scene.withAppServer();
    appServer.answer = ({ event }) =>
      event === "sys.connect"
        ? { status: 204, headers: { "ce-connectionState": "eyJhIjoxfQ==" } }
        : { status: 204 };
    const connected = await connectReliable(emulator, { userId: "ada" });
    const { client, connectionId } = connected;
    const join = { type: "joinGroup", group: "g", ackId: 1 };
    expect(await client.ask(join)).toMatchObject({ success: true });
    client.terminate();
    await client.closed;

    const again = recover(emulator, connected);
    await again.opened;
    await rest(emulator, "POST", "groups/g/:send", "to g");
    expect(await again.nextJson()).toMatchObject({ data: "to g" });
    expect(await again.ask(join)).toMatchObject({ error: { name: "Duplicate" } });
    expect(await again.ask({ type: "event", event: "e", data: 1, ackId: 2 })).toMatchObject({
      success: true,
    });
    const calls = await appServer.nextEvents(3);
    expect(calls.map(({ event }) => event)).toEqual(["sys.connect", "sys.connected", "user.e"]);
    expect(calls[2]?.headers).toMatchObject({
      "ce-connectionid": connectionId,
      "ce-userid": "ada",
      "ce-connectionstate": "eyJhIjoxfQ==",
    });
  });

  test("a client can recover again and again, and an old socket that is still open is cut", async () => {
    const emulator = await scene.emulator();
    const connected = await connectReliable(emulator);
    const second = recover(emulator, connected);
    await second.opened;
    expect(await connected.client.closed).toMatchObject({ code: 1006 });
    const third = recover(emulator, connected);
    await third.opened;
    await second.closed;
    await sendText(emulator, connected.connectionId, "hi");
    expect(await third.nextJson()).toMatchObject({ sequenceId: 1, data: "hi" });
  });

  test("hears a pong on its new socket while an event of the former one is being handled", async () => {
    const { appServer, emulator } = await scene.withAppServer();
    const connected = await connectReliable(emulator);
    await appServer.nextEvents(2);
    appServer.answer = () => new Promise(() => {});
    connected.client.send({ type: "event", event: "e", data: 1 });
    await appServer.events.take();
    connected.client.terminate();
    const again = recover(emulator, connected);
    await again.opened;
    again.send({ type: "joinGroup", group: "g", ackId: 1 });
    expect(await again.ask({ type: "ping" })).toEqual({ type: "pong" });
  });

  test("comes back with an expired access token in the URL, as the official client does", async () => {
    const emulator = await scene.emulator();
    const connected = await connectReliable(emulator);
    connected.client.terminate();
    const again = recover(emulator, connected, { query: "?access_token=expired" });
    await again.opened;
    expect(await again.ask({ type: "ping" })).toEqual({ type: "pong" });
  });

  test("a recovered client does not get messages that have expired meanwhile", async () => {
    const emulator = await scene.emulator();
    const connected = await connectReliable(emulator);
    const { client, connectionId } = connected;
    client.terminate();
    await client.closed;
    await sendText(emulator, connectionId, "short-lived", "?messageTtlSeconds=1");
    await sendText(emulator, connectionId, "lasting", "?messageTtlSeconds=300");
    const now = Date.now();
    jest.spyOn(Date, "now").mockImplementation(() => now + 2000);
    scene.defer(() => jest.restoreAllMocks());
    const again = recover(emulator, connected);
    expect(await again.nextJson()).toMatchObject({ sequenceId: 2, data: "lasting" });
  });

  test("goes on where the restart of a service that kept its state cut it off", async () => {
    const emulator = await scene.emulator();
    const connected = await connectReliable(emulator, { groups: ["g"] });
    const plain = await scene.connectJson(emulator);
    await emulator.restart({ keepState: true });
    expect(await connected.client.nextJson()).toEqual({
      type: "system",
      event: "disconnected",
      message: "Service reload",
    });
    expect((await connected.client.closed).code).toBe(1001);
    expect((await plain.closed).code).toBe(1001);
    expect(await connectionExists(emulator, plain.connectionId)).toBe(false);
    await rest(emulator, "POST", "groups/g/:send", "meanwhile");
    const again = recover(emulator, connected);
    expect(await again.nextJson()).toMatchObject({ sequenceId: 1, data: "meanwhile" });
  });
});

describe("recovery is refused by 1008 on an open socket", () => {
  const rivals = { accessKey, secondaryAccessKey };

  test.each<[string, (connected: Connected) => Partial<Connected>, object]>([
    ["of an unknown connection", () => ({ connectionId: "nobody" }), {}],
    ["with a wrong token", () => ({ reconnectionToken: "wrong" }), {}],
    ["with an empty token", () => ({ reconnectionToken: "" }), {}],
    [
      "with a token that differs in its last character",
      ({ reconnectionToken: token }) => ({
        reconnectionToken: token.slice(0, -1) + (token.endsWith("A") ? "B" : "A"),
      }),
      {},
    ],
    ["on another hub", () => ({}), { hub: "news" }],
    ["without offering its protocol", () => ({}), { protocols: [jsonProtocol] }],
  ])("%s", async (_what, change, options) => {
    const emulator = await scene.emulator(rivals);
    const connected = await connectReliable(emulator);
    const intruder = recover(emulator, { ...connected, ...change(connected) }, options);
    await intruder.opened;
    expect((await intruder.closed).code).toBe(1008);
    // The session itself has not suffered.
    expect(await connected.client.ask({ type: "ping" })).toEqual({ type: "pong" });
  });

  test("the recovery of a session that is not reliable is refused", async () => {
    const emulator = await scene.emulator();
    const client = await scene.connectJson(emulator);
    const { connectionId } = client;
    const again = recover(emulator, { connectionId, reconnectionToken: "undefined" });
    expect((await again.closed).code).toBe(1008);
  });

  test.each<[string, (emulator: Emulator, client: SocketClient) => unknown]>([
    [
      "after a close by REST",
      (emulator, { connectionId }) => rest(emulator, "DELETE", `connections/${connectionId}`),
    ],
    ["after the client has said goodbye", (_emulator, client) => client.socket.close(1000)],
    ["after the client has closed without a code", (_emulator, client) => client.socket.close()],
    ["after a frame that breaks the protocol", (_emulator, client) => client.send("{")],
    [
      "after a frame that is too large",
      (_emulator, client) => client.send("x".repeat(1024 * 1024 + 1)),
    ],
  ])("%s", async (_what, finish) => {
    const emulator = await scene.emulator();
    const connected = await connectReliable(emulator);
    await finish(emulator, connected.client);
    await connected.client.closed;
    await until(async () => !(await connectionExists(emulator, connected.connectionId)));
    expect((await recover(emulator, connected).closed).code).toBe(1008);
  });

  test.each<[string, (emulator: Emulator) => Promise<void>]>([
    ["after a restart that lost the state", (emulator) => emulator.restart({ keepState: false })],
    [
      "after a crash",
      async (emulator) => {
        await emulator.inject({ kind: "crash" });
        await emulator.clear();
      },
    ],
  ])("%s", async (_what, strike) => {
    const emulator = await scene.emulator();
    const connected = await connectReliable(emulator);
    await strike(emulator);
    await connected.client.closed;
    expect((await recover(emulator, connected).closed).code).toBe(1008);
  });
});

describe("a session that nobody comes back for", () => {
  test("an abandoned session ends when its time is over, and the app server hears of it once", async () => {
    const appServer = await scene.appServer();
    const emulator = await scene.emulator({
      hubs: { chat: appServer.hub },
      limits: { recoveryWindowInMs: 50 },
    });
    const connected = await connectReliable(emulator);
    connected.client.terminate();
    expect((await appServer.nextEvents(3)).map(({ event }) => event)).toEqual([
      "sys.connect",
      "sys.connected",
      "sys.disconnected",
    ]);
    expect(await connectionExists(emulator, connected.connectionId)).toBe(false);
    expect((await recover(emulator, connected).closed).code).toBe(1008);
    expect(appServer.events.size).toBe(0);
  });

  test("an abandoned session counts as connected until its time is over", async () => {
    const emulator = await scene.emulator();
    const connected = await connectReliable(emulator);
    connected.client.terminate();
    await connected.client.closed;
    expect(await connectionExists(emulator, connected.connectionId)).toBe(true);
  });

  test("an abandoned session can be closed by REST, and its reason is passed on", async () => {
    const { appServer, emulator } = await scene.withAppServer();
    const connected = await connectReliable(emulator);
    connected.client.terminate();
    await connected.client.closed;
    await rest(emulator, "DELETE", `connections/${connected.connectionId}?reason=bye`);
    const [, , last] = await appServer.nextEvents(3);
    const reason = "Application server closed the connection. Reason: bye";
    expect(last).toMatchObject({ event: "sys.disconnected", body: JSON.stringify({ reason }) });
  });
});

describe("a reliable client that does not acknowledge", () => {
  test.each([
    ["too many messages", { unacknowledgedMessages: 3 }],
    ["too many bytes", { unacknowledgedBytes: 250 }],
  ])(
    "a client that does not acknowledge is cut by 1008 after %s and cannot recover",
    async (_what, limits) => {
      const emulator = await scene.emulator({ limits });
      const connected = await connectReliable(emulator);
      for (let i = 0; i < 4; i++) await sendText(emulator, connected.connectionId, "message");
      expect((await connected.client.closed).code).toBe(1008);
      expect((await recover(emulator, connected).closed).code).toBe(1008);
    },
  );

  test("a client that does not acknowledge loses its session also while it is away", async () => {
    const emulator = await scene.emulator({ limits: { unacknowledgedMessages: 3 } });
    const connected = await connectReliable(emulator);
    connected.client.terminate();
    await connected.client.closed;
    for (let i = 0; i < 4; i++) await sendText(emulator, connected.connectionId, "message");
    expect(await connectionExists(emulator, connected.connectionId)).toBe(false);
  });

  test("a client that acknowledges in time is not cut", async () => {
    const emulator = await scene.emulator({ limits: { unacknowledgedMessages: 3 } });
    const { client, connectionId } = await connectReliable(emulator);
    for (let sequenceId = 1; sequenceId <= 10; sequenceId++) {
      await sendText(emulator, connectionId, "message");
      expect(await client.nextJson()).toMatchObject({ sequenceId });
      client.send({ type: "sequenceAck", sequenceId });
      await client.ask({ type: "ping" });
    }
  });
});

test("the token that opens a session does not open another", async () => {
  const emulator = await scene.emulator();
  const [a, b] = [await connectReliable(emulator), await connectReliable(emulator)];
  const { connectionId } = a;
  const intruder = recover(emulator, { connectionId, reconnectionToken: b.reconnectionToken });
  expect((await intruder.closed).code).toBe(1008);
});

test("a client URL with an empty connection id is a new client", async () => {
  const emulator = await scene.emulator();
  const client = new SocketClient(`${clientUrl(emulator, "chat")}&awps_connection_id=`, [
    reliableProtocol,
  ]);
  scene.defer(() => client.terminate());
  expect(await client.nextJson()).toMatchObject({ event: "connected" });
});
