import { AzureKeyCredential, WebPubSubServiceClient } from "@azure/web-pubsub";
import type { Emulator } from "express-resilient-pubsub/emulator";
import { createScene, secondaryAccessKey } from "../emulator/support/scene.ts";

const scene = createScene();
const options = { allowInsecureConnection: true, retryOptions: { maxRetries: 0 } };

const serviceOf = (emulator: Emulator, hub = "chat") =>
  new WebPubSubServiceClient(emulator.connectionString, hub, options);

async function setUp() {
  const emulator = await scene.emulator();
  return { emulator, service: serviceOf(emulator) };
}

describe("sending", () => {
  test.each([
    ["an object", { a: [1, "ü"] }, {}, { dataType: "json", data: { a: [1, "ü"] } }],
    ["a string as JSON", "hi", {}, { dataType: "json", data: "hi" }],
    ["a string as text", "hi", { contentType: "text/plain" }, { dataType: "text", data: "hi" }],
    ["bytes", new Uint8Array([0, 255]), {}, { dataType: "binary", data: "AP8=" }],
  ] as const)("%s reaches everybody", async (_what, message, sendOptions, received) => {
    const { emulator, service } = await setUp();
    const client = await scene.connectJson(emulator);
    await service.sendToAll(message as never, sendOptions as never);
    expect(await client.nextJson()).toEqual({ type: "message", from: "server", ...received });
  });

  test("reaches whom it is for and nobody else", async () => {
    const { emulator, service } = await setUp();
    const a = await scene.connectJson(emulator, { userId: "a", groups: ["g/1 %x"] });
    const b = await scene.connectJson(emulator, { userId: "b", groups: ["g/1 %x"] });
    const c = await scene.connectJson(emulator, { hub: "other", userId: "a" });
    await service.sendToUser("a", "to a");
    await service.sendToConnection(b.connectionId, "to b");
    await service.group("g/1 %x").sendToAll("to g");
    await service.sendToAll("but b", { excludedConnections: [b.connectionId] });
    await service.group("g/1 %x").sendToAll("not a", { excludedConnections: [a.connectionId] });
    await serviceOf(emulator, "OTHER").sendToAll("to other");
    const hear = async (client: typeof a, count: number) => {
      const heard: unknown[] = [];
      while (heard.length < count) heard.push(((await client.nextJson()) as { data: string }).data);
      return heard;
    };
    expect(await hear(a, 3)).toEqual(["to a", "to g", "but b"]);
    expect(await hear(b, 3)).toEqual(["to b", "to g", "not a"]);
    expect(await hear(c, 1)).toEqual(["to other"]);
    expect([a.unread, b.unread, c.unread]).toEqual([0, 0, 0]);
  });

  test("is refused with a lifetime that is too long", async () => {
    const { service } = await setUp();
    await expect(service.sendToAll("x", { messageTtlSeconds: 301 })).rejects.toMatchObject({
      statusCode: 400,
    });
  });
});

describe("asking who is there", () => {
  test("knows connections and users", async () => {
    const { emulator, service } = await setUp();
    const { connectionId } = await scene.connectJson(emulator, { userId: "u" });
    expect(await service.connectionExists(connectionId)).toBe(true);
    expect(await service.connectionExists("ghost")).toBe(false);
    expect(await service.userExists("u")).toBe(true);
    expect(await service.userExists("ghost")).toBe(false);
    expect(await service.groupExists("g")).toBe(false);
    await service.group("g").addConnection(connectionId);
    expect(await service.groupExists("g")).toBe(true);
  });
});

describe("groups", () => {
  test("are joined and left by connection and by user", async () => {
    const { emulator, service } = await setUp();
    const { connectionId } = await scene.connectJson(emulator, { userId: "u" });
    const [g, h] = [service.group("g"), service.group("h")];
    const present = () => Promise.all([service.groupExists("g"), service.groupExists("h")]);
    await g.addConnection(connectionId);
    await h.addUser("u");
    expect(await present()).toEqual([true, true]);
    await g.removeConnection(connectionId);
    await h.removeUser("u");
    expect(await present()).toEqual([false, false]);
    await g.addUser("u");
    await h.addUser("u");
    await service.removeConnectionFromAllGroups(connectionId);
    expect(await present()).toEqual([false, false]);
    await g.addUser("u");
    await service.removeUserFromAllGroups("u");
    expect(await present()).toEqual([false, false]);
  });

  test("take no ghosts", async () => {
    const { service } = await setUp();
    await expect(service.group("g").addConnection("ghost")).rejects.toMatchObject({
      statusCode: 404,
      code: "Error.Connection.NotExisted",
    });
    await expect(service.group("g").addUser("ghost")).rejects.toMatchObject({
      statusCode: 404,
      code: "Warning.User.NotExisted",
    });
  });
});

describe("closing", () => {
  test.each<[string, (service: WebPubSubServiceClient, id: string) => Promise<void>]>([
    ["a connection", (service, id) => service.closeConnection(id, { reason: "bye" })],
    ["a user", (service) => service.closeUserConnections("u", { reason: "bye" })],
    ["a group", (service) => service.group("g").closeAllConnections({ reason: "bye" })],
    ["everybody", (service) => service.closeAllConnections({ reason: "bye" })],
  ])("%s tells the reason", async (_whom, close) => {
    const { emulator, service } = await setUp();
    const client = await scene.connectJson(emulator, { userId: "u", groups: ["g"] });
    const simple = await scene.connect(emulator, { userId: "u", groups: ["g"] });
    await close(service, client.connectionId);
    expect(await client.nextJson()).toEqual({
      type: "system",
      event: "disconnected",
      message: "bye",
    });
    expect(await client.closed).toEqual({ code: 1000, reason: "bye" });
    expect(await service.connectionExists(client.connectionId)).toBe(false);
    await service.closeAllConnections();
    expect((await simple.closed).code).toBe(1000);
    expect(simple.unread).toBe(0);
  });

  test("spares the excluded", async () => {
    const { emulator, service } = await setUp();
    const stays = await scene.connectJson(emulator);
    const goes = await scene.connectJson(emulator);
    await service.closeAllConnections({ excluded: [stays.connectionId] } as never);
    expect((await goes.closed).code).toBe(1000);
    expect(await service.connectionExists(stays.connectionId)).toBe(true);
  });
});

describe("keys", () => {
  const withKey = (emulator: Emulator, key: string) =>
    new WebPubSubServiceClient(emulator.endpoint, new AzureKeyCredential(key), "chat", options);

  test("either of the two is good, another is not", async () => {
    const { emulator } = await setUp();
    await withKey(emulator, secondaryAccessKey).sendToAll("x");
    await expect(withKey(emulator, "foreign").sendToAll("x")).rejects.toMatchObject({
      statusCode: 401,
    });
  });

  test("the connection string works with the port apart as well", async () => {
    const { emulator } = await setUp();
    const apart = emulator.connectionString.replace(
      `:${emulator.port};`,
      `;Port=${emulator.port};`,
    );
    await new WebPubSubServiceClient(apart, "chat", options).sendToAll("x");
  });

  test("a reverse proxy may stand before it", async () => {
    const { emulator } = await setUp();
    const proxied = new WebPubSubServiceClient(
      emulator.connectionString.replace(/Endpoint=[^;]*/, `Endpoint=${emulator.endpoint}`),
      "chat",
      { ...options, reverseProxyEndpoint: emulator.endpoint.replace("127.0.0.1", "localhost") },
    );
    await proxied.sendToAll("x");
  });
});

test.each<[string, (service: WebPubSubServiceClient) => unknown]>([
  ["filters", (service) => service.sendToAll("x", { filter: "userId eq null" })],
  ["adding by filter", (service) => service.addConnectionsToGroups(["g"], "userId eq null")],
  ["permissions", (service) => service.grantPermission("c", "sendToGroup", { targetName: "g" })],
])("what is not built yet is an error of its own: %s", async (_what, call) => {
  const { service } = await setUp();
  await expect(call(service)).rejects.toMatchObject({ statusCode: 501, code: "NotImplemented" });
});
