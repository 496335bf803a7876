import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import {
  WebPubSubEventHandler,
  type WebPubSubEventHandlerOptions,
} from "@azure/web-pubsub-express";
import express from "express";
import type { Emulator, SystemEvent } from "express-resilient-pubsub/emulator";
import { Inbox } from "../emulator/support/inbox.ts";
import { createScene } from "../emulator/support/scene.ts";
import { SocketClient } from "../emulator/support/socket-client.ts";
import { clientUrl } from "../emulator/support/tokens.ts";

const scene = createScene();
const systemEvents: SystemEvent[] = ["connect", "connected", "disconnected"];

/** An emulator, and an Express app with the official middleware to which it sends everything. */
async function setUp(handlers: WebPubSubEventHandlerOptions, hub = "chat") {
  const emulator = await scene.emulator();
  await attach(emulator, handlers, hub);
  return emulator;
}

async function attach(emulator: Emulator, handlers: WebPubSubEventHandlerOptions, hub = "chat") {
  const handler = new WebPubSubEventHandler(hub, handlers);
  const server = createServer(express().use(handler.getMiddleware()));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  scene.defer(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  const { port } = server.address() as AddressInfo;
  const urlTemplate = `http://127.0.0.1:${port}${handler.path}`;
  emulator.setHub(hub, {
    eventHandlers: [{ urlTemplate, systemEvents, userEventPattern: "*" }],
  });
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

  test("without a reply sends an ack only, and a failure is one", async () => {
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
    await attach(emulator, { allowedEndpoints: ["https://elsewhere.example", emulator.endpoint] });
    await scene.connectJson(emulator);
  });

  test("gets nothing from an endpoint that it does not allow", async () => {
    const emulator = await setUp({ allowedEndpoints: ["https://elsewhere.example"] });
    const client = new SocketClient(clientUrl(emulator, "chat"));
    expect((await client.refused).status).toBe(500);
  });
});
