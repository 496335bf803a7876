import { WebPubSubServiceClient } from "@azure/web-pubsub";
import {
  WebPubSubClient,
  WebPubSubJsonProtocol,
  WebPubSubJsonReliableProtocol,
} from "@azure/web-pubsub-client";
import {
  type UserEventRequest,
  type UserEventResponseHandler,
  WebPubSubEventHandler,
} from "@azure/web-pubsub-express";
import express from "express";
import { closeReasonOf } from "express-resilient-pubsub";
import type { Emulator } from "express-resilient-pubsub/emulator";
import { Inbox } from "../emulator/support/inbox.ts";
import { allRoles, createScene } from "../emulator/support/scene.ts";
import { serve } from "../support/serve.ts";
import { until } from "../support/until.ts";

const scene = createScene();
const options = { allowInsecureConnection: true, retryOptions: { maxRetries: 0 } };

// Its keep-alive timers run on for up to 40 s after stop() and would hold up the test process.
const quickToStop = { keepAliveIntervalInMs: 0, keepAliveTimeoutInMs: 0 };

type Protocol = ReturnType<typeof WebPubSubJsonProtocol>;

const serviceOf = (emulator: Emulator) =>
  new WebPubSubServiceClient(emulator.connectionString, "chat", options);

interface Events {
  connected: { connectionId: string; userId: string };
  disconnected: { message?: { message?: string } };
  "group-message": { message: Record<string, unknown> };
  "server-message": { message: Record<string, unknown> };
}

/** Microsoft's event handler, answering user events as told, and an emulator that sends it them. */
async function withEventHandler(
  handleUserEvent: (request: UserEventRequest, response: UserEventResponseHandler) => void,
) {
  const handler = new WebPubSubEventHandler("chat", { path: "/events", handleUserEvent });
  const appServer = await serve(express().use(handler.getMiddleware()));
  scene.defer(() => appServer.close());
  const eventHandlers = [{ urlTemplate: `${appServer.url}/events`, userEventPattern: "*" }];
  const emulator = await scene.emulator({ hubs: { chat: { eventHandlers } } });
  return { emulator };
}

async function startClient(
  emulator: Emulator,
  protocol: Protocol,
  userId?: string,
  roles = allRoles,
) {
  const service = serviceOf(emulator);
  const getClientAccessUrl = async () =>
    (await service.getClientAccessToken({ userId, roles })).url;
  const client = new WebPubSubClient(
    { getClientAccessUrl },
    { protocol, messageRetryOptions: { maxRetries: 0 }, ...quickToStop },
  );
  const inboxes = {
    connected: new Inbox<Events["connected"]>(),
    disconnected: new Inbox<Events["disconnected"]>(),
    "group-message": new Inbox<Events["group-message"]>(),
    "server-message": new Inbox<Events["server-message"]>(),
  };
  for (const [name, inbox] of Object.entries(inboxes)) {
    client.on(name as never, ((event: never) => inbox.put(event)) as never);
  }
  scene.defer(
    () =>
      new Promise<void>((resolve) => {
        client.on("stopped", () => resolve());
        client.stop();
      }),
  );
  await client.start();
  const { connectionId } = await inboxes.connected.take();
  const next = <K extends keyof Events>(name: K) =>
    (inboxes[name] as unknown as Inbox<Events[K]>).take();
  return { client, connectionId, next };
}

describe.each([
  ["json", WebPubSubJsonProtocol],
  ["reliable json", WebPubSubJsonReliableProtocol],
])("the official client on %s", (_name, protocol) => {
  test("joins, publishes and leaves", async () => {
    const emulator = await scene.emulator();
    const a = await startClient(emulator, protocol(), "a");
    const b = await startClient(emulator, protocol(), "b");
    await a.client.joinGroup("g");
    await b.client.joinGroup("g");
    await a.client.sendToGroup("g", { x: 1 }, "json", { noEcho: true });
    expect((await b.next("group-message")).message).toMatchObject({
      group: "g",
      fromUserId: "a",
      dataType: "json",
      data: { x: 1 },
    });
    await b.client.leaveGroup("g");
    await b.client.sendToGroup("g", "text", "text");
    expect((await a.next("group-message")).message).toMatchObject({
      fromUserId: "b",
      dataType: "text",
      data: "text",
    });
    await a.client.sendToGroup("g", new Uint8Array([1, 2]).buffer, "binary");
    const { message } = await a.next("group-message");
    expect(Buffer.from(message.data as ArrayBuffer)).toEqual(Buffer.from([1, 2]));
  });

  test("hears the server", async () => {
    const emulator = await scene.emulator();
    const { next, connectionId } = await startClient(emulator, protocol());
    for (const text of ["one", "two", "three"]) {
      await serviceOf(emulator).sendToConnection(connectionId, text, {
        contentType: "text/plain",
      });
    }
    for (const data of ["one", "two", "three"]) {
      expect((await next("server-message")).message).toMatchObject({ dataType: "text", data });
    }
  });

  test("is told of duplicates, as a success", async () => {
    const emulator = await scene.emulator();
    const { client } = await startClient(emulator, protocol());
    expect(await client.joinGroup("g", { ackId: 1 })).toEqual({ ackId: 1, isDuplicated: false });
    expect(await client.joinGroup("g", { ackId: 1 })).toEqual({ ackId: 1, isDuplicated: true });
  });

  test.each([
    ["text", "hé", "text", "hé"],
    ["json", { a: [1, null] }, "json", { a: [1, null] }],
    ["binary", new Uint8Array([0, 255]).buffer, "binary", Buffer.from([0, 255])],
    ["protobuf", new Uint8Array([10, 0]).buffer, "protobuf", Buffer.from([10, 0])],
  ] as const)("publishes %s", async (_what, content, dataType, expected) => {
    const emulator = await scene.emulator();
    const { client, next } = await startClient(emulator, protocol(), "a");
    await client.joinGroup("g");
    await client.sendToGroup("g", content, dataType);
    const { message } = await next("group-message");
    expect(message.dataType).toBe(dataType);
    const { data } = message;
    expect(Buffer.isBuffer(expected) ? Buffer.from(data as ArrayBuffer) : data).toEqual(expected);
  });

  test("sends events and gets replies of every type before the ack", async () => {
    const { emulator } = await withEventHandler(({ data, dataType }, response) =>
      response.success(data as string, dataType),
    );
    const { client, next } = await startClient(emulator, protocol());
    await client.sendEvent("echo", "hé", "text");
    expect((await next("server-message")).message).toMatchObject({ dataType: "text", data: "hé" });
    await client.sendEvent("echo", new Uint8Array([1, 2]).buffer, "binary");
    const { message } = await next("server-message");
    expect(Buffer.from(message.data as ArrayBuffer)).toEqual(Buffer.from([1, 2]));
  });

  test("is told when an event fails", async () => {
    const emulator = await scene.emulator();
    const { client } = await startClient(emulator, protocol());
    await expect(client.sendEvent("e", "x", "text")).rejects.toMatchObject({
      errorDetail: { name: "InternalServerError" },
    });
  });

  test("is told when it lacks the role", async () => {
    const emulator = await scene.emulator();
    const { client } = await startClient(emulator, protocol(), "u", []);
    for (const attempt of [client.joinGroup("g"), client.sendToGroup("g", "x", "text")]) {
      await expect(attempt).rejects.toMatchObject({ errorDetail: { name: "Forbidden" } });
    }
  });

  test("invokes, and gets an answer or an error", async () => {
    const { emulator } = await withEventHandler(({ context, data }, response) => {
      if (context.eventName === "fail") response.fail(500, "no");
      else response.success(JSON.stringify({ said: data }), "json");
    });
    const { client } = await startClient(emulator, protocol());
    expect(await client.invokeEvent("echo", "hi", "text")).toMatchObject({
      dataType: "json",
      data: { said: "hi" },
    });
    await expect(client.invokeEvent("fail", "hi", "text")).rejects.toMatchObject({
      errorDetail: { name: "InvocationFailed" },
    });
  });

  test("takes an invocation back", async () => {
    const called = new Inbox<string>();
    const { emulator } = await withEventHandler(({ context }) => called.put(context.eventName));
    const { client } = await startClient(emulator, protocol());
    const abort = new AbortController();
    const invocation = client.invokeEvent("slow", "x", "text", { abortSignal: abort.signal });
    expect(await called.take()).toBe("slow");
    abort.abort();
    await expect(invocation).rejects.toMatchObject({ name: "InvocationError" });
  });

  test("streams to a group", async () => {
    const emulator = await scene.emulator();
    const a = await startClient(emulator, protocol(), "a");
    const b = await startClient(emulator, protocol(), "b");
    await b.client.joinGroup("g");
    const heard: unknown[] = [];
    const over = new Inbox<string>();
    b.client.onGroupStream(async (stream) => {
      try {
        for await (const { data, fromUserId } of stream) heard.push([fromUserId, data]);
        over.put("ended");
      } catch (error) {
        over.put((error as Error).message);
      }
    });
    const good = await a.client.openGroupStream("g");
    for (const text of ["one", "two", "three"]) await good.write(text, "text");
    await good.end();
    expect(await over.take()).toBe("ended");
    expect(heard).toEqual([
      ["a", "one"],
      ["a", "two"],
      ["a", "three"],
    ]);
    const bad = await a.client.openGroupStream("g");
    await bad.write("half", "text");
    await bad.abort({ message: "changed my mind" });
    expect(await over.take()).toBe("changed my mind");
  });

  test("hears the reason of a close, connects anew at once and joins its groups again", async () => {
    const emulator = await scene.emulator();
    const { client, connectionId, next } = await startClient(emulator, protocol(), "u");
    await client.joinGroup("g");
    await serviceOf(emulator).closeConnection(connectionId, { reason: "bye" });
    expect(closeReasonOf(await next("disconnected"))).toBe("bye");
    expect((await next("connected")).connectionId).not.toBe(connectionId);
    await serviceOf(emulator).group("g").sendToAll("again");
    expect((await next("group-message")).message).toMatchObject({ data: "again" });
  });

  test("comes back after a restart that has lost its session", async () => {
    const emulator = await scene.emulator();
    const { client, connectionId, next } = await startClient(emulator, protocol(), "u");
    await client.joinGroup("g");
    await emulator.restart({ keepState: false });
    expect((await next("connected")).connectionId).not.toBe(connectionId);
    await serviceOf(emulator).group("g").sendToAll("again");
    expect((await next("group-message")).message).toMatchObject({ data: "again" });
  });

  test("comes back after a crash", async () => {
    const emulator = await scene.emulator();
    const { connectionId, next } = await startClient(emulator, protocol());
    await emulator.inject({ kind: "crash" });
    await emulator.clear();
    expect((await next("connected")).connectionId).not.toBe(connectionId);
  });
});

describe("the official client on reliable json", () => {
  const protocol = WebPubSubJsonReliableProtocol;

  test("loses nothing and hears nothing twice when its socket is cut again and again", async () => {
    const emulator = await scene.emulator();
    const { connectionId, next } = await startClient(emulator, protocol());
    const service = serviceOf(emulator);
    const texts = Array.from({ length: 50 }, (_, index) => `message ${index}`);
    for (const [index, text] of texts.entries()) {
      if (index % 10 === 5) emulator.dropSockets();
      await service.sendToConnection(connectionId, text, { contentType: "text/plain" });
    }
    for (const data of texts) {
      expect((await next("server-message")).message).toMatchObject({ data });
    }
    expect(await service.connectionExists(connectionId)).toBe(true);
  });

  test("goes on after a restart that kept its session, without a new connection", async () => {
    const emulator = await scene.emulator();
    const { client, connectionId, next } = await startClient(emulator, protocol());
    await client.joinGroup("g");
    await emulator.restart({ keepState: true });
    await serviceOf(emulator).group("g").sendToAll("again");
    expect((await next("group-message")).message).toMatchObject({ data: "again" });
    expect(await serviceOf(emulator).connectionExists(connectionId)).toBe(true);
  });

  test("gets a new connection and its groups when it comes back too late", async () => {
    const emulator = await scene.emulator({ limits: { recoveryWindowInMs: 0 } });
    const { client, connectionId, next } = await startClient(emulator, protocol());
    await client.joinGroup("g");
    await emulator.inject({ kind: "unhealthy", requestTypes: ["ClientConnection"] });
    emulator.dropSockets();
    await until(async () => !(await serviceOf(emulator).connectionExists(connectionId)));
    await emulator.clear();
    expect((await next("connected")).connectionId).not.toBe(connectionId);
    await serviceOf(emulator).group("g").sendToAll("again");
    expect((await next("group-message")).message).toMatchObject({ data: "again" });
  });

  test("goes on with a stream that was open when its socket was cut", async () => {
    const emulator = await scene.emulator();
    const a = await startClient(emulator, protocol(), "a");
    const b = await startClient(emulator, protocol(), "b");
    await b.client.joinGroup("g");
    const heard = new Inbox<unknown>();
    b.client.onGroupStream(async (stream) => {
      for await (const { data } of stream) heard.put(data);
      heard.put("end");
    });
    const stream = await a.client.openGroupStream("g");
    await stream.write("one", "text");
    expect(await heard.take()).toBe("one");
    emulator.dropSockets();
    await stream.write("two", "text");
    await stream.end();
    expect([await heard.take(), await heard.take()]).toEqual(["two", "end"]);
  });
});

test("a client whose token is refused does not start", async () => {
  const emulator = await scene.emulator();
  const url = `${emulator.endpoint.replace("http", "ws")}/client/hubs/chat?access_token=rubbish`;
  await expect(new WebPubSubClient(url, quickToStop).start()).rejects.toMatchObject({
    message: expect.stringContaining("401"),
  });
});
