import {
  type ConnectRequest,
  type UserEventRequest,
  WebPubSubEventHandler,
  type WebPubSubEventHandlerOptions,
} from "@azure/web-pubsub-express";
import express from "express";
import type { Emulator } from "express-resilient-pubsub/emulator";
import type { GroupEvent, SystemEvent } from "../../src/emulator/contract/emulator-options.ts";
import type { Payload } from "../../src/emulator/protocol/message.ts";
import { Inbox } from "../emulator/support/inbox.ts";
import { createScene, jsonProtocol } from "../emulator/support/scene.ts";
import { SocketClient } from "../emulator/support/socket-client.ts";
import { clientUrl } from "../emulator/support/tokens.ts";
import { createUpstream } from "../emulator/support/upstream-scene.ts";
import { serve } from "../support/serve.ts";

const scene = createScene();
const systemEvents: SystemEvent[] = ["connect", "connected", "disconnected"];
const groupEvents: GroupEvent[] = ["joined", "left"];

type Handlers = WebPubSubEventHandlerOptions;

/** An emulator, and an Express app with the official middleware to which it sends everything. */
async function setUp(handlers: Handlers, hub = "chat") {
  const emulator = await scene.emulator();
  await attach(emulator, { [hub]: handlers });
  return emulator;
}

/** One app for all the hubs. */
async function attach(emulator: Emulator, handlersByHub: Record<string, Handlers>) {
  const app = express();
  const { url, close } = await serve(app);
  scene.defer(close);
  for (const [hub, handlers] of Object.entries(handlersByHub)) {
    const handler = new WebPubSubEventHandler(hub, handlers);
    app.use(handler.getMiddleware());
    const urlTemplate = url + handler.path;
    emulator.setHub(hub, {
      eventHandlers: [{ urlTemplate, systemEvents, groupEvents, userEventPattern: "*" }],
    });
  }
}

/** What the middleware answers to an event that the test sends in the service's place. */
async function sendTo(handlers: Handlers, payload: Payload | undefined) {
  const handler = new WebPubSubEventHandler("chat", handlers);
  const { url, close } = await serve(express().use(handler.getMiddleware()));
  scene.defer(close);
  const { upstream, open } = createUpstream([
    { urlTemplate: url + handler.path, userEventPattern: "*" },
  ]);
  scene.defer(() => upstream.close());
  return open().userEvent("e", payload);
}

describe("WebPubSubEventHandler", () => {
  test("sees a connection from its beginning to its end, with the state it keeps", async () => {
    const events = new Inbox<[string, unknown]>();
    const emulator = await setUp({
      handleConnect(request, response) {
        events.put(["connect", [request.context.userId, request.claims?.sub]]);
        response.setState("seen", 1);
        response.success({ roles: ["webpubsub.joinLeaveGroup"], groups: ["g"] });
      },
      onConnected: ({ context }) => events.put(["connected", context.states]),
      handleUserEvent(request, response) {
        events.put([request.context.eventName, request.data]);
        response.setState("told", request.data);
        response.success(`re: ${request.data}`, "text");
      },
      onDisconnected: ({ context, reason }) => events.put([reason ?? "", context.states]),
    });
    const client = await scene.connectJson(emulator, { userId: "u" });
    client.send({ type: "event", event: "hello", dataType: "text", data: "hi", ackId: 1 });
    expect(await client.nextJson()).toMatchObject({ from: "server", data: "re: hi" });
    expect(await client.nextJson()).toMatchObject({ type: "ack", success: true });
    client.socket.close();
    expect(await events.take()).toEqual(["connect", ["u", ["u"]]]);
    expect(await events.take()).toEqual(["connected", { seen: 1 }]);
    expect(await events.take()).toEqual(["hello", "hi"]);
    expect(await events.take()).toEqual(["", { seen: 1, told: "hi" }]);
  });

  test.each<[string, WebPubSubEventHandlerOptions]>([
    ["there is no connect handler", {}],
    [
      "it answers without a decision",
      { handleConnect: (_request, response) => response.success() },
    ],
    ["it answers with one", { handleConnect: (_request, response) => response.success({}) }],
  ])("lets clients in when %s", async (_what, handlers) => {
    const emulator = await setUp(handlers);
    await scene.connectJson(emulator);
  });

  test.each([400, 401, 500] as const)("refuses clients by %d", async (status) => {
    const emulator = await setUp({
      handleConnect: (_request, response) => response.fail(status, "no"),
    });
    const client = new SocketClient(clientUrl(emulator, "chat"));
    expect((await client.refused).status).toBe(status);
  });

  test.each([400, 401, 500] as const)("refuses clients with %d", async (code) => {
    const emulator = await setUp({
      handleConnect: (_request, response) => response.failWith({ code, detail: "no" }),
    });
    const client = new SocketClient(clientUrl(emulator, "chat"));
    expect((await client.refused).status).toBe(code);
  });

  test("is shown the claims, query and headers of a client that connects", async () => {
    const requests = new Inbox<ConnectRequest>();
    const emulator = await setUp({
      handleConnect(request, response) {
        requests.put(request);
        response.success();
      },
    });
    const token = { userId: "ü", roles: ["r", "s"], groups: ["g"] };
    const client = new SocketClient(
      `${clientUrl(emulator, "chat", token)}&a=1&a=2`,
      [jsonProtocol, "mine"],
      { "X-Custom": "x" },
    );
    scene.defer(() => client.terminate());
    await client.opened;
    expect(await requests.take()).toMatchObject({
      context: {
        hub: "chat",
        eventName: "connect",
        origin: new URL(emulator.endpoint).host,
        connectionId: expect.stringMatching(/^[\w-]{31}$/),
        states: {},
        clientProtocol: "default",
      },
      claims: { sub: ["ü"], role: ["r", "s"], "webpubsub.group": ["g"] },
      queries: { a: ["1", "2"] },
      headers: { "x-custom": ["x"] },
      subprotocols: [jsonProtocol, "mine"],
      clientCertificates: [],
    });
  });

  test("decides user, groups and roles of a client that connects", async () => {
    const emulator = await setUp({
      handleConnect: (_request, response) =>
        response.success({
          userId: "other",
          groups: ["g"],
          roles: ["webpubsub.sendToGroup.g"],
          subprotocol: jsonProtocol,
        }),
    });
    const client = await scene.connect(emulator, { userId: "u", protocols: ["x", jsonProtocol] });
    expect(client.socket.protocol).toBe(jsonProtocol);
    expect(await client.nextJson()).toMatchObject({ event: "connected", userId: "other" });
    client.send({ type: "sendToGroup", group: "g", dataType: "text", data: "hi" });
    expect(await client.nextJson()).toMatchObject({ group: "g", fromUserId: "other" });
  });

  test("hears of the groups of a connection, between its beginning and its end", async () => {
    const heard = new Inbox<string>();
    const emulator = await setUp({
      handleConnect: (_request, response) => response.success({ groups: ["a"] }),
      onConnected: () => heard.put("connected"),
      onGroupJoined: ({ group, context }) => heard.put(`${context.userId} joined ${group}`),
      onGroupLeft: ({ group, context }) => heard.put(`${context.userId} left ${group}`),
      onDisconnected: () => heard.put("disconnected"),
    });
    const roles = ["webpubsub.joinLeaveGroup"];
    const client = await scene.connectJson(emulator, { userId: "u", roles });
    await client.ask({ type: "joinGroup", group: "b", ackId: 1 });
    await client.ask({ type: "joinGroup", group: "b", ackId: 2 });
    await client.ask({ type: "leaveGroup", group: "a", ackId: 3 });
    client.socket.close();
    for (const expected of [
      "connected",
      "u joined a",
      "u joined b",
      "u left a",
      "u left b",
      "disconnected",
    ]) {
      expect(await heard.take()).toBe(expected);
    }
  });

  test("of one hub gets no events of another", async () => {
    const heard = new Inbox<string>();
    const emulator = await scene.emulator();
    const handlersOf = (hub: string): Handlers => ({
      handleUserEvent({ context }, response) {
        heard.put(`${hub}: ${context.hub}`);
        response.success(hub, "text");
      },
    });
    await attach(emulator, { chat: handlersOf("chat"), news: handlersOf("news") });
    for (const hub of ["news", "chat"]) {
      const client = await scene.connectJson(emulator, { hub });
      const event = { type: "event", event: "e", dataType: "text", data: "" };
      expect(await client.ask(event)).toMatchObject({ data: hub });
      expect(await heard.take()).toBe(`${hub}: ${hub}`);
    }
  });

  test.each<[Payload | undefined, unknown]>([
    [
      { dataType: "text", text: "hé" },
      { dataType: "text", data: "hé" },
    ],
    [
      { dataType: "json", json: '{"a":[1]}' },
      { dataType: "json", data: { a: [1] } },
    ],
    [
      { dataType: "binary", bytes: Buffer.from([0, 255]) },
      { dataType: "binary", data: Buffer.from([0, 255]) },
    ],
    [undefined, { dataType: "binary", data: Buffer.alloc(0) }],
  ])("gets events whose data is %j", async (payload, expected) => {
    const requests = new Inbox<UserEventRequest>();
    const outcome = await sendTo(
      {
        handleUserEvent(request, response) {
          requests.put(request);
          response.success();
        },
      },
      payload,
    );
    expect(outcome).toEqual({ kind: "handled", reply: undefined });
    expect(await requests.take()).toMatchObject(expected as object);
  });

  test("gets no events whose data is protobuf", async () => {
    const handleUserEvent: Handlers["handleUserEvent"] = (_request, response) => response.success();
    const payload = { dataType: "protobuf", bytes: Buffer.from([10, 0]) } as const;
    expect(await sendTo({ handleUserEvent }, payload)).toEqual({
      kind: "failed",
      message: "The app server answered 404.",
    });
  });

  test("answers user events with success when it has no handler for them", async () => {
    const outcome = await sendTo({}, { dataType: "text", text: "hi" });
    expect(outcome).toEqual({ kind: "handled", reply: undefined });
  });

  test.each([
    ["text", "hi", { dataType: "text", data: "hi" }],
    ["json", '{"a":1}', { dataType: "json", data: { a: 1 } }],
    ["binary", new Uint8Array([1, 2]).buffer, { dataType: "binary", data: "AQI=" }],
  ] as const)("replies with %s", async (dataType, data, expected) => {
    const emulator = await setUp({
      handleUserEvent: (_request, response) =>
        response.success(typeof data === "string" ? data : (Buffer.from(data) as never), dataType),
    });
    const client = await scene.connectJson(emulator);
    expect(await client.ask({ type: "event", event: "e", data: 1 })).toMatchObject(expected);
  });

  test("acknowledges an event that the handler takes without a reply, and tells when it fails", async () => {
    const emulator = await setUp({
      handleUserEvent: ({ context }, response) =>
        context.eventName === "good" ? response.success() : response.fail(500, "no"),
    });
    const client = await scene.connectJson(emulator);
    const event = { type: "event", data: 1, ackId: 1 };
    expect(await client.ask({ ...event, event: "bad" })).toMatchObject({
      error: { name: "InternalServerError" },
    });
    expect(await client.ask({ ...event, event: "good" })).toMatchObject({ success: true });
  });

  test("finds its hub in whatever case it is written", async () => {
    const emulator = await setUp({}, "Chat");
    await scene.connectJson(emulator, { hub: "CHAT" });
  });

  test("admits the endpoints it allows, told by host and port", async () => {
    const emulator = await scene.emulator();
    const allowedEndpoints = ["https://elsewhere.example", emulator.endpoint];
    await attach(emulator, { chat: { allowedEndpoints } });
    await scene.connectJson(emulator);
  });

  test("gets no events from an endpoint that it does not allow", async () => {
    const emulator = await setUp({ allowedEndpoints: ["https://elsewhere.example"] });
    const client = new SocketClient(clientUrl(emulator, "chat"));
    expect((await client.refused).status).toBe(500);
  });
});
