import type { RestError } from "@azure/core-rest-pipeline";
import {
  AzureKeyCredential,
  odata,
  type WebPubSubGroupMember,
  WebPubSubServiceClient,
} from "@azure/web-pubsub";
import type { Activity, Emulator, Fault } from "express-resilient-pubsub/emulator";
import { WebSocket } from "ws";
import { createScene, jsonProtocol, secondaryAccessKey } from "../emulator/support/scene.ts";
import { SocketClient } from "../emulator/support/socket-client.ts";
import { inSeconds, signToken } from "../emulator/support/tokens.ts";
import { until } from "../support/until.ts";

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

  test("get the connections that a user has now, not its later ones", async () => {
    const { emulator, service } = await setUp();
    const first = await scene.connectJson(emulator, { userId: "u" });
    const second = await scene.connectJson(emulator, { userId: "u" });
    await service.group("g").addUser("u");
    await scene.connectJson(emulator, { userId: "u" });
    const members: string[] = [];
    for await (const { connectionId } of await service.group("g").listConnections()) {
      members.push(connectionId);
    }
    expect(members).toEqual([first.connectionId, second.connectionId].sort());
  });

  test("exist as long as somebody is in them", async () => {
    const { emulator, service } = await setUp();
    const first = await scene.connectJson(emulator, { groups: ["g"] });
    const second = await scene.connectJson(emulator, { groups: ["g"] });
    await service.closeConnection(first.connectionId);
    expect(await service.groupExists("g")).toBe(true);
    second.socket.close();
    await until(async () => !(await service.groupExists("g")));
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

  test.each<[string, (service: WebPubSubServiceClient, but: never) => Promise<void>]>([
    ["a user", (service, but) => service.closeUserConnections("u", but)],
    ["a group", (service, but) => service.group("g").closeAllConnections(but)],
    ["everybody", (service, but) => service.closeAllConnections(but)],
  ])("%s spares the excluded", async (_whom, close) => {
    const { emulator, service } = await setUp();
    const who = { userId: "u", groups: ["g"] };
    const stays = await scene.connectJson(emulator, who);
    const goes = await scene.connectJson(emulator, who);
    const staysToo = await scene.connectJson(emulator, who);
    const excluded = [stays.connectionId, staysToo.connectionId];
    await close(service, { excluded } as never);
    expect((await goes.closed).code).toBe(1000);
    expect(await service.connectionExists(goes.connectionId)).toBe(false);
    expect(await Promise.all(excluded.map((id) => service.connectionExists(id)))).toEqual([
      true,
      true,
    ]);
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

describe("filters", () => {
  const heardBy = async (clients: SocketClient[], flush: () => Promise<void>) => {
    await flush();
    const heard: unknown[][] = [];
    for (const client of clients) {
      const own: unknown[] = [];
      for (;;) {
        const { data } = (await client.nextJson()) as { data: unknown };
        if (data === "flush") break;
        own.push(data);
      }
      heard.push(own);
    }
    return heard;
  };

  test("choose who gets a message, by the official tag", async () => {
    const { emulator, service } = await setUp();
    const ohara = await scene.connectJson(emulator, { userId: "o'hara", groups: ["g"] });
    const other = await scene.connectJson(emulator, { userId: "other", groups: ["g", "it's"] });
    const nobody = await scene.connectJson(emulator);
    await service.sendToAll("quoted", { filter: odata`userId eq ${"o'hara"}` });
    await service.sendToAll("anonymous", { filter: odata`userId eq ${null}` });
    await service.sendToAll("member", { filter: odata`${"it's"} in groups` });
    await service.sendToAll("long", { filter: odata`length(userId) gt ${5}` });
    await service.group("g").sendToAll("in g", { filter: odata`not (userId eq ${"other"})` });
    await service.sendToUser("other", "to user", { filter: odata`'g' in groups` });
    await service.sendToUser("other", "not", { filter: odata`not ('g' in groups)` });
    expect(await heardBy([ohara, other, nobody], () => service.sendToAll("flush"))).toEqual([
      ["quoted", "long", "in g"],
      ["member", "to user"],
      ["anonymous"],
    ]);
  });

  test("choose who is added to groups and removed from them", async () => {
    const { emulator, service } = await setUp();
    await scene.connectJson(emulator, { userId: "o'hara" });
    await scene.connectJson(emulator, { userId: "other" });
    const filter = odata`userId eq ${"o'hara"}`;
    await service.addConnectionsToGroups(["g", "h/ü"], filter);
    const usersOf = async (group: string) => {
      const users: unknown[] = [];
      for await (const { userId } of await service.group(group).listConnections())
        users.push(userId);
      return users;
    };
    expect([await usersOf("g"), await usersOf("h/ü")]).toEqual([["o'hara"], ["o'hara"]]);
    await service.removeConnectionsFromGroups(["h/ü"], odata`userId eq ${"other"}`);
    expect(await usersOf("h/ü")).toEqual(["o'hara"]);
    await service.removeConnectionsFromGroups(["g", "h/ü"], filter);
    expect([await usersOf("g"), await usersOf("h/ü")]).toEqual([[], []]);
  });

  test.each<[string, string, (service: WebPubSubServiceClient, filter: string) => Promise<void>]>([
    ["sendToAll", "filter", (service, filter) => service.sendToAll("x", { filter })],
    ["sendToUser", "filter", (service, filter) => service.sendToUser("u", "x", { filter })],
    ["group", "filter", (service, filter) => service.group("g").sendToAll("x", { filter })],
    ["add", "Filter", (service, filter) => service.addConnectionsToGroups(["g"], filter)],
    ["remove", "Filter", (service, filter) => service.removeConnectionsFromGroups(["g"], filter)],
  ])("that are none are refused in the service's words: %s", async (_what, target, call) => {
    const { service } = await setUp();
    const error: RestError = await call(service, "not length(userId) gt 5").then(
      () => undefined,
      (reason) => reason,
    );
    expect(error.statusCode).toBe(400);
    // The SDK does not read problems, it only keeps their text.
    expect(JSON.parse(error.response?.bodyAsText ?? "")).toMatchObject({
      code: "Error.BadRequest",
      message:
        "Invalid syntax for 'not length(userId)': Type 'null', expect 'bool'. (Parameter 'filter')",
      target,
    });
  });
});

describe("the connections of a group", () => {
  const withFive = async () => {
    const { emulator, service } = await setUp();
    const clients = [];
    for (let index = 0; index < 5; index++) {
      clients.push(await scene.connectJson(emulator, { userId: `u${index}`, groups: ["a/ %ü"] }));
    }
    const ids = clients.map(({ connectionId }) => connectionId).sort();
    return { group: service.group("a/ %ü"), ids };
  };

  test.each([
    [{}, 5],
    [{ maxPageSize: 2 }, 5],
    [{ maxPageSize: 2, top: 5 }, 5],
    [{ maxPageSize: 2, top: 3 }, 3],
    [{ top: 4 }, 4],
  ])("are listed one by one with %j", async (listOptions, count) => {
    const { group, ids } = await withFive();
    const listed: string[] = [];
    for await (const { connectionId } of await group.listConnections(listOptions)) {
      listed.push(connectionId);
    }
    expect(listed).toEqual(ids.slice(0, count));
  });

  test("are listed by page, and from a page on", async () => {
    const { group, ids } = await withFive();
    const links: string[] = [];
    const onResponse = (_raw: unknown, flat: unknown) =>
      void links.push((flat as { nextLink: string }).nextLink);
    const list = await group.listConnections({ maxPageSize: 2, top: 5, onResponse });
    const pages: WebPubSubGroupMember[][] = [];
    for await (const page of list.byPage()) pages.push(page);
    expect(pages.map((page) => page.map(({ connectionId }) => connectionId))).toEqual([
      ids.slice(0, 2),
      ids.slice(2, 4),
      ids.slice(4),
    ]);
    const [continuationToken] = links;
    const rest: string[] = [];
    for await (const page of list.byPage({ continuationToken })) {
      rest.push(...page.map(({ connectionId }) => connectionId));
    }
    expect(rest).toEqual(ids.slice(2));
  });

  test.each([{ maxPageSize: 201 }, { top: 2 ** 31 }, { continuationToken: "no id" }])(
    "are not listed with %j",
    async (listOptions) => {
      const { group } = await withFive();
      const list = await group.listConnections(listOptions);
      await expect(list.next()).rejects.toMatchObject({ statusCode: 400 });
    },
  );
});

describe("permissions", () => {
  test.each(["joinLeaveGroup", "sendToGroup"] as const)(
    "to %s are granted, known and revoked",
    async (permission) => {
      const { emulator, service } = await setUp();
      const { connectionId } = await scene.connectJson(emulator);
      const target = { targetName: "a/ %ü" };
      const has = (to?: object) => service.hasPermission(connectionId, permission, to);
      expect(await has(target)).toBe(false);
      await service.grantPermission(connectionId, permission, target);
      expect([await has(target), await has({ targetName: "b" }), await has()]).toEqual([
        true,
        false,
        false,
      ]);
      await service.revokePermission(connectionId, permission, target);
      expect(await has(target)).toBe(false);
      await service.grantPermission(connectionId, permission);
      expect([await has(target), await has()]).toEqual([true, true]);
    },
  );

  test("of a ghost cannot be granted, are not there and can be revoked", async () => {
    const { service } = await setUp();
    const target = { targetName: "g" };
    await expect(service.grantPermission("gh/ost", "sendToGroup", target)).rejects.toMatchObject({
      statusCode: 404,
      code: "Info.Connection.NotExisted",
      message: "Connection `gh/ost` is not found.",
    });
    expect(await service.hasPermission("gh/ost", "sendToGroup", target)).toBe(false);
    await service.revokePermission("gh/ost", "sendToGroup", target);
  });

  test("of another kind are refused", async () => {
    const { service } = await setUp();
    await expect(service.grantPermission("c", "fly" as never)).rejects.toMatchObject({
      statusCode: 400,
    });
  });
});

describe("unusual names", () => {
  test.each(["a/b", "a b", "a%b", "a+b", "ü\u{1f600}", "?&=#", "a'b"])(
    "such as %j are good for groups",
    async (name) => {
      const { emulator, service } = await setUp();
      const { connectionId } = await scene.connectJson(emulator, { userId: "u" });
      const group = service.group(name);
      await group.addConnection(connectionId);
      expect(await service.groupExists(name)).toBe(true);
      await group.removeUser("u");
      expect(await service.groupExists(name)).toBe(false);
      await group.addUser("u");
      await group.closeAllConnections();
      expect(await service.connectionExists(connectionId)).toBe(false);
    },
  );

  test.each(["a b", "a%b", "a+b", "ü\u{1f600}", "?&=#", "a'b"])(
    "such as %j are good for users",
    async (userId) => {
      const { emulator, service } = await setUp();
      const client = await scene.connectJson(emulator, { userId });
      expect(await service.userExists(userId)).toBe(true);
      await service.sendToUser(userId, "hi");
      expect(await client.nextJson()).toMatchObject({ data: "hi" });
      await service.group("g").addUser(userId);
      await service.removeUserFromAllGroups(userId);
      await service.closeUserConnections(userId);
      expect(await service.userExists(userId)).toBe(false);
    },
  );

  test("a slash in a user id stays encoded, as the service has it", async () => {
    const { emulator, service } = await setUp();
    const encoded = await scene.connectJson(emulator, { userId: "tenant%2Falice" });
    const plain = await scene.connectJson(emulator, { userId: "tenant/alice" });
    await service.sendToUser("tenant/alice", "hi");
    await service.sendToAll("all");
    expect(await encoded.nextJson()).toMatchObject({ data: "hi" });
    expect(await plain.nextJson()).toMatchObject({ data: "all" });
  });

  test.each(["a/b", "a b", "a%b", "ü", "?&=#"])(
    "such as %j of connections name nobody and do no harm",
    async (ghost) => {
      const { service } = await setUp();
      expect(await service.connectionExists(ghost)).toBe(false);
      await service.sendToConnection(ghost, "x");
      await service.closeConnection(ghost);
      await service.removeConnectionFromAllGroups(ghost);
      await service.group("g").removeConnection(ghost);
      await expect(service.group("g").addConnection(ghost)).rejects.toMatchObject({
        message: `Connection \`${ghost}\` is not found.`,
      });
    },
  );
});

describe("a client's token", () => {
  const grants = {
    userId: "u",
    roles: ["webpubsub.sendToGroup.g"],
    groups: ["g"],
    expirationTimeInMinutes: 5,
  };

  test("made with the key lets the client in", async () => {
    const { service } = await setUp();
    const { url } = await service.getClientAccessToken(grants);
    const client = new SocketClient(url, [jsonProtocol]);
    scene.defer(() => client.terminate());
    expect(await client.nextJson()).toMatchObject({ event: "connected", userId: "u" });
    expect(await service.groupExists("g")).toBe(true);
  });

  test("made by the service for an Entra identity does as well, over https", async () => {
    const emulator = await scene.emulator({
      tls: true,
      acceptEntraTokens: true,
      disableLocalAuth: true,
    });
    const ca = emulator.certificate;
    const token = signToken({ aud: "https://webpubsub.azure.com", exp: inSeconds(60) }, "entra");
    const credential = {
      getToken: async () => ({ token, expiresOnTimestamp: Date.now() + 60_000 }),
    };
    const service = new WebPubSubServiceClient(emulator.endpoint, credential, "chat", {
      ...options,
      tlsOptions: { ca },
    });
    const { url } = await service.getClientAccessToken({ ...grants, clientProtocol: "default" });
    expect(url).toMatch(/^wss:/);
    const socket = new WebSocket(url, { ca });
    scene.defer(() => socket.terminate());
    await new Promise((resolve, reject) => socket.once("open", resolve).once("error", reject));
    expect(await service.userExists("u")).toBe(true);
    const message = new Promise((resolve) => socket.once("message", resolve));
    await service.sendToUser("u", "hi", { contentType: "text/plain" });
    expect(String(await message)).toBe("hi");
  });
});

describe("the SDK's own retries", () => {
  const setUpRetries = async () => {
    const statuses: number[] = [];
    let onCall = (): void => {};
    const onActivity = (activity: Activity) => {
      if (activity.kind !== "restCall") return;
      statuses.push(activity.status);
      onCall();
    };
    const emulator = await scene.emulator({ onActivity });
    const retryOptions = { retryDelayInMs: 1, maxRetryDelayInMs: 1 };
    const service = new WebPubSubServiceClient(emulator.connectionString, "chat", {
      ...options,
      retryOptions,
    });
    const onEachCall = (does: () => void) => {
      onCall = does;
    };
    return { emulator, service, statuses, onEachCall };
  };

  test.each<[Fault, number[]]>([
    [{ kind: "unhealthy" }, [503, 503, 503, 503]],
    [{ kind: "gray" }, [500, 500, 500, 500]],
    [{ kind: "throttle" }, [429]],
    [{ kind: "accessDenied" }, [403]],
  ])("see %j as %j and give up", async (fault, expected) => {
    const { emulator, service, statuses } = await setUpRetries();
    await emulator.inject(fault);
    await expect(service.sendToAll("x")).rejects.toMatchObject({ statusCode: expected[0] });
    expect(statuses).toEqual(expected);
  });

  test.each<[Fault, number[]]>([
    [{ kind: "unhealthy" }, [503, 202]],
    [{ kind: "unhealthy", retryAfterInSeconds: 1 }, [503, 202]],
    [{ kind: "throttle", retryAfterInSeconds: 1 }, [429, 202]],
  ])("get over %j once it has passed", async (fault, expected) => {
    const { emulator, service, statuses, onEachCall } = await setUpRetries();
    onEachCall(() => void emulator.clear());
    await emulator.inject(fault);
    await service.sendToAll("x");
    expect(statuses).toEqual(expected);
  });
});
