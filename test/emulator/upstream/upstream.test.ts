import { createHmac } from "node:crypto";
import { connect } from "node:net";
import type { UpstreamAnswer } from "../support/app-server.ts";
import { createDeferred } from "../support/deferred.ts";
import { apiVersion, callRest } from "../support/rest.ts";
import { accessKey, createScene, jsonProtocol, secondaryAccessKey } from "../support/scene.ts";
import { SocketClient } from "../support/socket-client.ts";
import { clientUrl } from "../support/tokens.ts";

const scene = createScene();

const noReply = { status: 204 };
const refusal = (client: SocketClient) => client.refused.then(({ status }) => status);

describe("validation", () => {
  test("validation asks once, before the first event, in the service's name", async () => {
    const { appServer, emulator } = await scene.withAppServer();
    await Promise.all([1, 2, 3].map(() => scene.connect(emulator)));
    expect(appServer.validations).toHaveLength(1);
    expect(appServer.validations[0]).toMatchObject({
      method: "OPTIONS",
      url: "/hubs/chat/validate",
      headers: {
        "webhook-request-origin": `127.0.0.1:${emulator.port}`,
        "ce-awpsversion": "1.0",
      },
    });
  });

  test("a refusal is remembered until the settings change", async () => {
    const { appServer, emulator } = await scene.withAppServer();
    const { answerValidation } = appServer;
    appServer.answerValidation = () => ({ status: 500 });
    expect(await refusal(new SocketClient(clientUrl(emulator, "chat")))).toBe(500);
    appServer.answerValidation = answerValidation;
    emulator.setHub("chat", appServer.hub);
    await scene.connect(emulator);
  });
});

describe("connect", () => {
  test("tells the app server who wants to connect, without the token", async () => {
    const { appServer, emulator } = await scene.withAppServer();
    const token = { userId: "ü", roles: ["r"], groups: ["g"] };
    // E: nor a second token in another spelling, nor what the service says to itself.
    const url = `${clientUrl(emulator, "chat", token)}&a=1&a=2&Access_Token=secret&ACCESS_TOKEN=secret`;
    const client = new SocketClient(url, [jsonProtocol, "mine"], undefined, {
      finishRequest: (request) =>
        request
          .setHeader("X-Custom", ["x", "y"])
          .setHeader("x-asrs-internal-secret", "secret")
          .setHeader("X-ASRS-User-Id", "secret")
          .end(),
    });
    scene.defer(() => client.terminate());
    await client.opened;
    const call = await appServer.events.take();
    expect(call).toMatchObject({
      method: "POST",
      url: "/hubs/chat/connect",
      event: "sys.connect",
      headers: {
        "content-type": "application/json; charset=utf-8",
        "ce-id": "0",
        "ce-userid": Buffer.from("ü").toString("latin1"),
      },
    });
    expect(call.headers).not.toHaveProperty("ce-subprotocol");
    const connectionId = String(call.headers["ce-connectionid"]);
    const digest = (key: string) => createHmac("sha256", key).update(connectionId).digest("hex");
    expect(call.headers["ce-signature"]).toBe(
      `sha256=${digest(accessKey)},sha256=${digest(secondaryAccessKey)}`,
    );
    expect(JSON.parse(call.body)).toEqual({
      claims: {
        aud: [`${emulator.endpoint}/client/hubs/chat`],
        exp: [expect.stringMatching(/^\d+$/)],
        sub: ["ü"],
        role: ["r"],
        "webpubsub.group": ["g"],
      },
      query: { a: ["1", "2"] },
      headers: expect.objectContaining({ "x-custom": ["x", "y"] }),
      subprotocols: [jsonProtocol, "mine"],
      clientCertificates: [],
    });
    expect(call.body).not.toMatch(/access_token|x-asrs|secret/i);
  });

  test("the answer to connect may change user, groups, roles and subprotocol", async () => {
    const { appServer, emulator } = await scene.withAppServer();
    const decision = {
      userId: "other",
      groups: ["h"],
      roles: ["webpubsub.sendToGroup.h"],
      subprotocol: jsonProtocol,
    };
    appServer.answer = ({ event }) =>
      event === "sys.connect" ? { body: JSON.stringify(decision) } : noReply;
    const client = await scene.connect(emulator, {
      userId: "token's",
      groups: ["g"],
      protocols: ["mine", jsonProtocol],
    });
    expect(client.socket.protocol).toBe(jsonProtocol);
    expect(await client.nextJson()).toMatchObject({ event: "connected", userId: "other" });
    client.send({ type: "sendToGroup", group: "h", data: 1 });
    expect(await client.nextJson()).toMatchObject({ group: "h", fromUserId: "other" });
    const [, connected] = await appServer.nextEvents(2);
    expect(connected?.headers).toMatchObject({
      "ce-userid": "other",
      "ce-subprotocol": jsonProtocol,
    });
  });

  test("lets an empty list of roles clear them and an empty list of groups keep them", async () => {
    const { appServer, emulator } = await scene.withAppServer();
    appServer.answer = ({ event }) =>
      event === "sys.connect" ? { body: '{"roles":[],"groups":[]}' } : noReply;
    const roles = ["webpubsub.sendToGroup"];
    const client = await scene.connectJson(emulator, { roles, groups: ["g"], userId: "u" });
    const request = { type: "sendToGroup", group: "g", data: 1, ackId: 1 };
    expect(await client.ask(request)).toMatchObject({ error: { name: "Forbidden" } });
    const path = `/api/hubs/chat/groups/g?${apiVersion}`;
    expect((await callRest(emulator, { method: "HEAD", path })).status).toBe(200);
  });

  test.each<[string, UpstreamAnswer, number]>([
    ["401", { status: 401, body: "not you" }, 401],
    ["404", { status: 404 }, 404],
    ["500", { status: 500 }, 500],
    ["503", { status: 503 }, 503],
    ["rubbish", { status: 200, body: "{" }, 500],
    ["a protocol that was not offered", { body: '{"subprotocol":"yours"}' }, 500],
  ])("answered by %s refuses the client, and that was all", async (_what, answer, status) => {
    const { appServer, emulator } = await scene.withAppServer();
    appServer.answer = () => answer;
    const client = new SocketClient(clientUrl(emulator, "chat"), ["mine"]);
    expect(await refusal(client)).toBe(status);
    expect(appServer.events.size).toBe(1);
  });

  test.each([
    ["keeps the token's user", "null", "ada"],
    ["empties the user (E)", '""', ""],
  ])("the answer to connect %s by a userId of %s", async (_what, userId, expected) => {
    const { appServer, emulator } = await scene.withAppServer();
    appServer.answer = ({ event }) =>
      event === "sys.connect" ? { body: `{"userId":${userId}}` } : noReply;
    const client = await scene.connect(emulator, { userId: "ada", protocols: [jsonProtocol] });
    expect(await client.nextJson()).toMatchObject({ event: "connected", userId: expected });
    const [, connected] = await appServer.nextEvents(2);
    expect(connected?.headers["ce-userid"]).toBe(expected || undefined);
    const path = `/api/hubs/chat/users/ada?${apiVersion}`;
    const { status } = await callRest(emulator, { method: "HEAD", path });
    expect(status).toBe(expected ? 200 : 404);
  });

  test("without a handler for connect a client is let in on its token alone", async () => {
    const appServer = await scene.appServer();
    const emulator = await scene.emulator({ hubs: { chat: { eventHandlers: [] } } });
    await scene.connectJson(emulator);
    expect(appServer.events.size).toBe(0);
  });

  test("a client is refused when the app server that handles connect is down", async () => {
    const { appServer, emulator } = await scene.withAppServer();
    await appServer.close();
    expect(await refusal(new SocketClient(clientUrl(emulator, "chat")))).toBe(500);
  });

  test("of a client that has hung up its half gets that half hung up too", async () => {
    const { appServer, emulator } = await scene.withAppServer();
    const url = new URL(clientUrl(emulator, "chat"));
    const request = [
      `GET ${url.pathname}${url.search} HTTP/1.1`,
      "Host: x",
      "Connection: Upgrade",
      "Upgrade: websocket",
      "Sec-WebSocket-Version: 13",
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    ];
    appServer.answer = async ({ event }) => {
      if (event === "sys.connect") await new Promise<void>((resolve) => socket.end(resolve));
      return noReply;
    };
    const socket = connect({ port: emulator.port, host: "127.0.0.1", allowHalfOpen: true });
    socket.write(`${request.join("\r\n")}\r\n\r\n`);
    await new Promise((resolve) => socket.resume().once("close", resolve));
  });

  test("an accepted connect is followed by disconnected when the client has left meanwhile", async () => {
    const { appServer, emulator } = await scene.withAppServer();
    const client = new SocketClient(clientUrl(emulator, "chat"));
    appServer.answer = async ({ event }) => {
      if (event === "sys.connect") {
        client.terminate();
        await client.closed;
      }
      return noReply;
    };
    const calls = await appServer.nextEvents(2);
    // Whether the reset is seen before or after the answer, the end is told, and told last.
    const last = calls[1]?.event === "sys.connected" ? await appServer.events.take() : calls[1];
    expect(last?.event).toBe("sys.disconnected");
  });
});

describe("hubs", () => {
  test("hubs are found ignoring case, and a hub without settings has no handlers", async () => {
    const appServer = await scene.appServer();
    const emulator = await scene.emulator({ hubs: { Chat: appServer.hub } });
    await scene.connect(emulator, { hub: "CHAT" });
    await scene.connect(emulator, { hub: "chats" });
    const calls = await appServer.nextEvents(2);
    expect(calls.map(({ event, headers }) => [event, headers["ce-hub"]])).toEqual([
      ["sys.connect", "chat"],
      ["sys.connected", "chat"],
    ]);
    expect(appServer.events.size).toBe(0);
  });

  test("send each event to the first of their handlers that wants it", async () => {
    const [first, second] = [await scene.appServer(), await scene.appServer()];
    const eventHandlers = [
      { urlTemplate: `${first.url}/one`, userEventPattern: "chat.*,hello" },
      { urlTemplate: `${second.url}/two/{event}`, userEventPattern: "*" },
    ];
    const emulator = await scene.emulator({ hubs: { chat: { eventHandlers } } });
    const client = await scene.connectJson(emulator);
    for (const [ackId, event] of ["Hello", "chat.a", "chat.a.b", "other"].entries())
      await client.ask({ type: "event", event, data: 1, ackId });
    const urlsAt = async (server: typeof first) =>
      (await server.nextEvents(2)).map(({ event, url }) => `${event} ${url}`);
    expect(await urlsAt(first)).toEqual(["user.Hello /one", "user.chat.a /one"]);
    expect(await urlsAt(second)).toEqual(["user.chat.a.b /two/chat.a.b", "user.other /two/other"]);
  });

  test("a hub may get other handlers while clients are connected", async () => {
    const { appServer, emulator } = await scene.withAppServer();
    const client = await scene.connectJson(emulator);
    const next = await scene.appServer();
    emulator.setHub("chat", next.hub);
    await client.ask({ type: "event", event: "e", data: 1, ackId: 1 });
    expect((await next.events.take()).event).toBe("user.e");
    expect(appServer.events.size).toBe(2);
  });
});

describe("group events", () => {
  test("tell of joins and leaves by whomever, in order", async () => {
    const { appServer, emulator } = await scene.withAppServer();
    emulator.setHub("chat", {
      eventHandlers: appServer.hub.eventHandlers.map((handler) => ({
        ...handler,
        groupEvents: ["joined", "left"],
      })),
    });
    const roles = ["webpubsub.joinLeaveGroup"];
    const client = await scene.connectJson(emulator, { userId: "u", roles, groups: ["token"] });
    await client.ask({ type: "joinGroup", group: "client", ackId: 1 });
    const path = `/api/hubs/chat/groups/rest/connections/${client.connectionId}?${apiVersion}`;
    await callRest(emulator, { method: "PUT", path });
    await callRest(emulator, { method: "DELETE", path });
    await client.ask({ type: "leaveGroup", group: "never", ackId: 2 });
    client.socket.close();
    const calls = await appServer.nextEvents(9);
    expect(calls.map(({ event, body }) => `${event} ${JSON.parse(body).group ?? ""}`)).toEqual([
      "sys.connect ",
      "sys.connected ",
      "gp.joined token",
      "gp.joined client",
      "gp.joined rest",
      "gp.left rest",
      "gp.left token",
      "gp.left client",
      "sys.disconnected ",
    ]);
    expect(calls.map(({ headers }) => headers["ce-id"])).toEqual([..."012345678"]);
  });
});

describe("connected and disconnected", () => {
  test.each([
    ["the client leaves", (client: SocketClient) => client.socket.close(), /^$/],
    // E
    [
      "the client leaves for a reason",
      (client: SocketClient) => client.socket.close(1000, "schön war's"),
      /^schön war's$/,
    ],
    ["the client is cut off", (client: SocketClient) => client.terminate(), /^$/],
    ["the client breaks the protocol", (client: SocketClient) => client.send("{"), /not JSON/],
  ])("come once each when %s", async (_how, leave, reason) => {
    const { appServer, emulator } = await scene.withAppServer();
    const client = await scene.connectJson(emulator, { userId: "u" });
    leave(client);
    await client.closed;
    const [, connected, disconnected] = await appServer.nextEvents(3);
    expect(connected).toMatchObject({
      event: "sys.connected",
      body: "{}",
      headers: { "ce-id": "1", "ce-subprotocol": jsonProtocol },
    });
    expect(disconnected).toMatchObject({ event: "sys.disconnected", headers: { "ce-id": "2" } });
    expect(JSON.parse(disconnected?.body ?? "").reason).toMatch(reason);
    expect(appServer.events.size).toBe(0);
  });

  test("disconnected waits for connected, however slow that is", async () => {
    const { appServer, emulator } = await scene.withAppServer();
    const { promise, resolve } = createDeferred<UpstreamAnswer>();
    appServer.answer = ({ event }) => (event === "sys.connected" ? promise : noReply);
    const client = await scene.connect(emulator);
    client.socket.close();
    await client.closed;
    await appServer.nextEvents(2);
    // Another client's events come through, so ours would have come too.
    await scene.connect(emulator);
    expect((await appServer.nextEvents(2)).map(({ event }) => event)).toEqual([
      "sys.connect",
      "sys.connected",
    ]);
    resolve({ status: 500 });
    expect((await appServer.events.take()).event).toBe("sys.disconnected");
  });

  // Row 2 of the differences (E).
  test("disconnected tells the whole sentence of a close by REST, the close frame nothing", async () => {
    const { appServer, emulator } = await scene.withAppServer();
    const client = await scene.connectJson(emulator);
    const reason = "é".repeat(100);
    const path = `/api/hubs/chat/:closeConnections?${apiVersion}&reason=${encodeURIComponent(reason)}`;
    await callRest(emulator, { method: "POST", path });
    const said = `Application server closed the connection. Reason: ${reason}`;
    expect(await client.nextJson()).toMatchObject({ event: "disconnected", message: said });
    expect(await client.closed).toEqual({ code: 1000, reason: "" });
    const [, , disconnected] = await appServer.nextEvents(3);
    expect(JSON.parse(disconnected?.body ?? "")).toEqual({ reason: said });
  });

  test("a restart tells disconnected", async () => {
    const { appServer, emulator } = await scene.withAppServer();
    await scene.connect(emulator);
    await emulator.restart({ keepState: false });
    const [, , disconnected] = await appServer.nextEvents(3);
    expect(disconnected).toMatchObject({ event: "sys.disconnected" });
  });
});
