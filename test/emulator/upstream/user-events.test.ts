import type { Emulator } from "express-resilient-pubsub/emulator";
import { until } from "../../support/until.ts";
import type { UpstreamAnswer } from "../support/app-server.ts";
import { createDeferred } from "../support/deferred.ts";
import { apiVersion, callRest, connectionExists } from "../support/rest.ts";
import { type ConnectOptions, createScene, reliableProtocol } from "../support/scene.ts";
import type { SocketClient } from "../support/socket-client.ts";

const scene = createScene();

const noReply = { status: 204 };

describe("user events", () => {
  test.each([
    ["text", "hé", "text/plain; charset=utf-8", "hé"],
    ["json", { a: 1 }, "application/json", '{"a":1}'],
    ["binary", "aGk=", "application/octet-stream", "hi"],
  ])("of type %s come with their content type", async (dataType, data, contentType, body) => {
    const { appServer, emulator } = await scene.withAppServer();
    const client = await scene.connectJson(emulator);
    const answer = await client.ask({ type: "event", event: "do.it", dataType, data, ackId: 1 });
    expect(answer).toEqual({ type: "ack", ackId: 1, success: true });
    const [, , call] = await appServer.nextEvents(3);
    expect(call).toMatchObject({ event: "user.do.it", url: "/hubs/chat/do.it", body });
    expect(call?.headers["content-type"]).toBe(contentType);
  });

  const replies: [string, UpstreamAnswer, object, string | Buffer][] = [
    [
      "text",
      { headers: { "Content-Type": "text/plain" }, body: "hi" },
      { dataType: "text", data: "hi" },
      "hi",
    ],
    [
      "json",
      { headers: { "Content-Type": "application/json" }, body: "[1]" },
      { dataType: "json", data: [1] },
      "[1]",
    ],
    [
      "binary",
      { headers: { "Content-Type": "application/octet-stream" }, body: Buffer.from([1]) },
      { dataType: "binary", data: "AQ==" },
      Buffer.from([1]),
    ],
  ];

  test.each(replies)(
    "a user event is answered with %s, before the ack",
    async (_type, answer, enveloped, bare) => {
      const { appServer, emulator } = await scene.withAppServer();
      appServer.answer = ({ event }) => (event.startsWith("user.") ? answer : noReply);
      const pubSub = await scene.connectJson(emulator);
      pubSub.send({ type: "event", event: "e", data: 1, ackId: 1 });
      expect(await pubSub.nextJson()).toEqual({ type: "message", from: "server", ...enveloped });
      expect(await pubSub.nextJson()).toMatchObject({ type: "ack", success: true });
      const simple = await scene.connect(emulator);
      simple.send("x");
      const { data, isBinary } = await simple.next();
      expect(isBinary ? data : data.toString()).toEqual(bare);
    },
  );

  test.each([
    ["text", "hi", "text/plain; charset=utf-8"],
    ["binary", Buffer.from("hi"), "application/octet-stream"],
  ])("of simple clients are their frames: %s", async (_type, frame, contentType) => {
    const { appServer, emulator } = await scene.withAppServer();
    const client = await scene.connect(emulator);
    client.send(frame);
    const [, , call] = await appServer.nextEvents(3);
    expect(call).toMatchObject({ event: "user.message", body: "hi" });
    expect(call?.headers["content-type"]).toBe(contentType);
  });

  const ofType = (type: string, body: string | Buffer): UpstreamAnswer => ({
    headers: { "Content-Type": type },
    body,
  });

  test.each<[string, UpstreamAnswer, object | undefined]>([
    ["204", { status: 204 }, undefined],
    ["200 with nothing", {}, undefined],
    ["an empty text", ofType("text/plain", ""), undefined],
    ["empty bytes", ofType("application/octet-stream", ""), undefined],
    ["202 with nothing", { status: 202 }, undefined],
    ["bytes of no type (E)", { body: "hi" }, { dataType: "binary", data: "aGk=" }],
    [
      "metadata only (E)",
      { headers: { "X-WebPubSub-Metadata-Trace": "7" } },
      { dataType: "binary", data: "", metadata: { trace: "7" } },
    ],
    [
      "a text in capitals, with a charset",
      ofType("TEXT/PLAIN; charset=UTF-8", "hé"),
      { dataType: "text", data: "hé" },
    ],
    [
      "JSON with a charset",
      ofType("application/json; charset=utf-8", '{"a":null}'),
      { dataType: "json", data: { a: null } },
    ],
    ["201 with a text", { ...ofType("text/plain", "x"), status: 201 }, { data: "x" }],
  ])("answered by %s have succeeded", async (_what, answer, reply) => {
    const { appServer, emulator } = await scene.withAppServer();
    appServer.answer = ({ event }) => (event.startsWith("user.") ? answer : noReply);
    const client = await scene.connectJson(emulator);
    client.send({ type: "event", event: "e", data: 1, ackId: 1 });
    if (reply) expect(await client.nextJson()).toMatchObject({ from: "server", ...reply });
    expect(await client.nextJson()).toEqual({ type: "ack", ackId: 1, success: true });
  });

  test.each<[string, UpstreamAnswer]>([
    ["HTML", ofType("text/html", "<p>")],
    ["JSON that is none", ofType("application/json", "{")],
    ["a redirect", { status: 302, headers: { Location: "/" } }],
    ["304", { status: 304 }],
    ["400", { status: 400, body: "no" }],
    ["404", { status: 404 }],
    ["429", { status: 429 }],
    ["503", { status: 503 }],
  ])("answered by %s have failed, and the client stays", async (_what, answer) => {
    const { appServer, emulator } = await scene.withAppServer();
    appServer.answer = ({ event }) => (event === "user.bad" ? answer : noReply);
    const client = await scene.connectJson(emulator);
    const request = { type: "event", data: 1, ackId: 1 };
    expect(await client.ask({ ...request, event: "bad" })).toMatchObject({
      ackId: 1,
      success: false,
      error: { name: "InternalServerError" },
    });
    expect(await client.ask({ ...request, event: "good" })).toMatchObject({ success: true });
  });

  test.each<[string, UpstreamAnswer | "nobody"]>([
    ["the handler fails", { status: 500 }],
    ["the handler refuses", { status: 401 }],
    ["nobody listens", "nobody"],
  ])(
    "user events that fail because %s: an error for JSON clients, the end for simple ones",
    async (_why, answer) => {
      const { appServer, emulator } = await scene.withAppServer();
      if (answer === "nobody") emulator.setHub("chat", {});
      else appServer.answer = ({ event }) => (event.startsWith("user.") ? answer : noReply);
      const pubSub = await scene.connectJson(emulator);
      const request = { type: "event", event: "e", data: 1, ackId: 1 };
      const failed = { ackId: 1, success: false, error: { name: "InternalServerError" } };
      expect(await pubSub.ask(request)).toMatchObject(failed);
      expect(await pubSub.ask(request)).toMatchObject(failed);
      expect(await pubSub.ask({ type: "ping" })).toEqual({ type: "pong" });
      const simple = await scene.connect(emulator);
      simple.send("x");
      expect((await simple.closed).code).toBe(1011);
    },
  );

  test("user events of one connection come one at a time and in order, those of others in parallel", async () => {
    const { appServer, emulator } = await scene.withAppServer();
    const { promise, resolve } = createDeferred<UpstreamAnswer>();
    const a = await scene.connectJson(emulator);
    const b = await scene.connectJson(emulator);
    await appServer.nextEvents(4);
    appServer.answer = ({ body }) => (body === "1" ? promise : noReply);
    for (const data of [1, 2, 3]) a.send({ type: "event", event: "e", data, ackId: data });
    expect((await appServer.events.take()).body).toBe("1");
    expect(await b.ask({ type: "event", event: "e", data: 9, ackId: 1 })).toMatchObject({
      success: true,
    });
    expect((await appServer.events.take()).body).toBe("9");
    expect(appServer.events.size).toBe(0);
    resolve(noReply);
    expect((await appServer.nextEvents(2)).map(({ body }) => body)).toEqual(["2", "3"]);
    for (const ackId of [1, 2, 3]) expect(await a.nextJson()).toMatchObject({ ackId });
  });

  test("pile up without end nowhere, and none is lost", async () => {
    const { appServer, emulator } = await scene.withAppServer();
    const client = await scene.connectJson(emulator);
    const count = 300;
    for (let ackId = 1; ackId <= count; ackId++) {
      client.send({ type: "event", event: "e", data: "x".repeat(1000), ackId });
    }
    for (let ackId = 1; ackId <= count; ackId++) {
      expect(await client.nextJson()).toMatchObject({ ackId });
    }
    await appServer.nextEvents(2 + count);
  });
});

test("the state is kept: successes replace it, and each later event tells it", async () => {
  const { appServer, emulator } = await scene.withAppServer();
  const answers: Record<string, UpstreamAnswer> = {
    "sys.connect": { status: 204, headers: { "ce-connectionState": "one" } },
    "user.change": { status: 200, headers: { "ce-connectionState": "two" } },
    "user.fail": { status: 500, headers: { "ce-connectionState": "three" } },
  };
  appServer.answer = ({ event }) => answers[event] ?? noReply;
  const client = await scene.connectJson(emulator);
  for (const [ackId, event] of ["change", "fail"].entries())
    await client.ask({ type: "event", event, data: 1, ackId });
  client.socket.close();
  const calls = await appServer.nextEvents(5);
  expect(calls.map(({ event, headers }) => [event, headers["ce-connectionstate"]])).toEqual([
    ["sys.connect", undefined],
    ["sys.connected", "one"],
    ["user.change", "one"],
    ["user.fail", "two"],
    ["sys.disconnected", "two"],
  ]);
});

// E
describe("a call of an app server that is pending when its connection ends", () => {
  const setUp = async (options: ConnectOptions = {}) => {
    const { appServer, emulator } = await scene.withAppServer();
    const client = await scene.connectJson(emulator, { userId: "ada", ...options });
    await appServer.nextEvents(2);
    appServer.answer = ({ event }) => (event.startsWith("user.") ? new Promise(() => {}) : noReply);
    for (const event of ["first", "second"]) client.send({ type: "event", event, data: 1 });
    return { appServer, emulator, client, call: await appServer.events.take() };
  };

  test.each<[string, (client: SocketClient, emulator: Emulator) => unknown]>([
    ["the client is cut off", (client) => client.terminate()],
    [
      "the client breaks the WebSocket protocol",
      (client) => client.socket.send("x", { mask: false }),
    ],
    [
      "the service closes it",
      (_client, emulator) => {
        const path = `/api/hubs/chat/users/ada/:closeConnections?${apiVersion}`;
        return callRest(emulator, { method: "POST", path });
      },
    ],
    ["the service restarts", (_client, emulator) => emulator.restart({ keepState: false })],
  ])("ends because %s, and no later event of it is sent (E)", async (_why, end) => {
    const { appServer, emulator, client, call } = await setUp();
    await end(client, emulator);
    await call.over;
    expect((await appServer.events.take()).event).toBe("sys.disconnected");
    expect(appServer.events.size).toBe(0);
  });

  test("of a reliable client ends with its session, not with its socket (E)", async () => {
    const { appServer, emulator, client, call } = await setUp({ protocols: [reliableProtocol] });
    let isOver = false;
    void call.over.then(() => (isOver = true));
    client.terminate();
    await client.closed;
    expect(await connectionExists(emulator, client.connectionId)).toBe(true);
    expect(isOver).toBe(false);
    const path = `/api/hubs/chat/users/ada/:closeConnections?${apiVersion}`;
    await callRest(emulator, { method: "POST", path });
    await call.over;
    expect((await appServer.events.take()).event).toBe("sys.disconnected");
  });
});

test("a client that has left is gone at once, though what it said last is still handled", async () => {
  const { appServer, emulator } = await scene.withAppServer();
  const client = await scene.connectJson(emulator, { userId: "ada" });
  await appServer.nextEvents(2);
  const answer = createDeferred<UpstreamAnswer>();
  appServer.answer = () => answer.promise;
  for (const event of ["first", "second"]) client.send({ type: "event", event, data: 1 });
  await appServer.nextEvents(1);
  client.socket.close();
  await client.closed;
  await until(async () => {
    const path = `/api/hubs/chat/users/ada?${apiVersion}`;
    return (await callRest(emulator, { method: "HEAD", path })).status === 404;
  });
  answer.resolve({ status: 204 });
  const calls = await appServer.nextEvents(2);
  expect(calls.map(({ event }) => event)).toEqual(["user.second", "sys.disconnected"]);
});
