import { WebPubSubServiceClient } from "@azure/web-pubsub";
import {
  WebPubSubClient,
  WebPubSubJsonProtocol,
  WebPubSubJsonReliableProtocol,
} from "@azure/web-pubsub-client";
import type { Emulator } from "express-resilient-pubsub/emulator";
import { Inbox } from "../emulator/support/inbox.ts";
import { createScene } from "../emulator/support/scene.ts";

const scene = createScene();
const options = { allowInsecureConnection: true, retryOptions: { maxRetries: 0 } };
const roles = ["webpubsub.joinLeaveGroup", "webpubsub.sendToGroup"];

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

async function startClient(emulator: Emulator, protocol: Protocol, userId?: string) {
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

  test("is told when an event fails, and what is not built", async () => {
    const emulator = await scene.emulator();
    const { client } = await startClient(emulator, protocol());
    await expect(client.sendEvent("e", "x", "text")).rejects.toMatchObject({
      errorDetail: { name: "InternalServerError" },
    });
    await expect(client.invokeEvent("e", "x", "text")).rejects.toMatchObject({
      errorDetail: { name: "NotImplemented" },
    });
  });

  test("hears the reason of a close, connects anew at once and joins its groups again", async () => {
    const emulator = await scene.emulator();
    const { client, connectionId, next } = await startClient(emulator, protocol(), "u");
    await client.joinGroup("g");
    await serviceOf(emulator).closeConnection(connectionId, { reason: "bye" });
    expect((await next("disconnected")).message?.message).toBe("bye");
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

test("a client whose token is refused does not start", async () => {
  const emulator = await scene.emulator();
  const url = `${emulator.endpoint.replace("http", "ws")}/client/hubs/chat?access_token=rubbish`;
  await expect(new WebPubSubClient(url, quickToStop).start()).rejects.toMatchObject({
    message: expect.stringContaining("401"),
  });
});
