import type { EmulatorOptions } from "express-resilient-pubsub/emulator";
import type { Connection } from "../../../src/emulator/hub/connection.ts";
import { Hub } from "../../../src/emulator/hub/hub.ts";
import { Roles } from "../../../src/emulator/hub/roles.ts";
import type { Broadcast } from "../../../src/emulator/protocol/broadcast.ts";
import type { MessageCall } from "../../../src/emulator/rest/operation.ts";
import { operations } from "../../../src/emulator/rest/operations.ts";
import { apiVersion, callRest } from "../support/rest.ts";
import { createScene } from "../support/scene.ts";
import type { SocketClient } from "../support/socket-client.ts";

const scene = createScene();
const text = { "Content-Type": "text/plain" };

type CallHeaders = Record<string, string | string[]>;

async function setUp(options: EmulatorOptions = {}) {
  const emulator = await scene.emulator(options);
  const ann = await scene.connectJson(emulator, { userId: "ann", groups: ["g", "h"] });
  const bob = await scene.connectJson(emulator, { userId: "bob", groups: ["g"] });
  const nobody = await scene.connectJson(emulator);
  const send = (place: string, query: string, headers: CallHeaders = text) => {
    const path = `/api/hubs/chat/${place}:send?${apiVersion}${query}`;
    return callRest(emulator, { method: "POST", path, headers, body: "hi" });
  };
  /** Who has got the message; each client is asked for an answer that comes behind it. */
  const heard = async () => {
    const clients: [string, SocketClient][] = Object.entries({ ann, bob, nobody });
    const names: string[] = [];
    for (const [name, client] of clients) {
      client.send({ type: "ping" });
      for (;;) {
        const frame = (await client.nextJson()) as { type: string };
        if (frame.type === "pong") break;
        names.push(name);
      }
    }
    return names;
  };
  return { emulator, ann, bob, nobody, send, heard };
}

describe("a filter of a send", () => {
  test.each([
    ["", "userId eq 'ann'", ["ann"]],
    ["", "userId eq null", ["nobody"]],
    ["", "protocol eq 'json.webpubsub.azure.v1'", ["ann", "bob", "nobody"]],
    ["", "protocol eq null", []],
    ["", "'g' in groups and not ('h' in groups)", ["bob"]],
    ["", "", ["ann", "bob", "nobody"]],
    ["groups/g/", "userId ne 'ann'", ["bob"]],
    ["groups/g/", "'h' in groups", ["ann"]],
    ["users/ann/", "'h' in groups", ["ann"]],
    ["users/bob/", "'h' in groups", []],
  ])("to %j, %j, chooses %j", async (place, filter, expected) => {
    const { send, heard } = await setUp();
    const answer = await send(place, `&filter=${encodeURIComponent(filter)}`);
    expect(answer.status).toBe(202);
    expect(await heard()).toEqual(expected);
  });

  test("goes together with the excluded", async () => {
    const { ann, send, heard } = await setUp();
    await send("", `&filter=userId%20ne%20null&excluded=${ann.connectionId}`);
    expect(await heard()).toEqual(["bob"]);
  });

  test.each(["", "groups/g/", "users/ann/"])("to %j that is none sends nothing", async (place) => {
    const { send, heard } = await setUp();
    expect((await send(place, "&filter=invalid%20filter")).status).toBe(400);
    expect(await heard()).toEqual([]);
  });

  test("to a connection has no meaning", async () => {
    const { ann, send, heard } = await setUp();
    const answer = await send(`connections/${ann.connectionId}/`, "&filter=invalid%20filter");
    expect(answer.status).toBe(202);
    expect(await heard()).toEqual(["ann"]);
  });
});

describe("metadata headers", () => {
  it("are dropped without a word by a service that does not pass them on", async () => {
    const { ann, send } = await setUp({ metadata: false });
    const headers = { ...text, "X-WebPubSub-Metadata-Trace": "v".repeat(2000) };
    expect((await send("", "", headers)).status).toBe(202);
    expect(await ann.nextJson()).not.toHaveProperty("metadata");
  });

  test.each(["", "groups/g/", "users/ann/"])(
    "of a send to %j come with the message",
    async (place) => {
      const { ann, send } = await setUp();
      const answer = await send(place, "", {
        ...text,
        "X-WebPubSub-Metadata-Trace": "one",
        "x-webpubsub-metadata-kind": "b c",
      });
      expect(answer.status).toBe(202);
      expect(await ann.nextJson()).toMatchObject({ metadata: { trace: "one", kind: "b c" } });
    },
  );

  // Row 6 of the differences (E).
  test.each([
    ["is a list", "first, last"],
    ["is a list with a gap", "first,,last "],
    ["is there twice", ["first", "last"]],
    ["is there twice, once as a list", ["x", "first,last"]],
  ])("count by the last value of a header that %s", async (_how, value) => {
    const { ann, send } = await setUp();
    const answer = await send("", "", { ...text, "X-WebPubSub-Metadata-Trace": value });
    expect(answer.status).toBe(202);
    expect(await ann.nextJson()).toMatchObject({ metadata: { trace: "last" } });
  });

  test("are absent from a message without any", async () => {
    const { ann, send } = await setUp();
    await send("", "");
    expect(await ann.nextJson()).not.toHaveProperty("metadata");
  });

  const many = Object.fromEntries(
    Array.from({ length: 9 }, (_, index) => [`X-WebPubSub-Metadata-${index}`, "v".repeat(1000)]),
  );

  test.each<[string, Record<string, string>, number]>([
    ["of the longest key", { [`X-WebPubSub-Metadata-${"k".repeat(256)}`]: "v" }, 202],
    ["of a key that is too long", { [`X-WebPubSub-Metadata-${"k".repeat(257)}`]: "v" }, 400],
    ["of the longest value", { "X-WebPubSub-Metadata-k": "v".repeat(1024) }, 202],
    ["of a value that is too long", { "X-WebPubSub-Metadata-k": "v".repeat(1025) }, 400],
    ["of a value that is not ASCII", { "X-WebPubSub-Metadata-k": "ü" }, 400],
    ["without a key", { "X-WebPubSub-Metadata-": "v" }, 400],
    ["of more than 8 KiB", many, 400],
  ])("%s are answered accordingly", async (_what, headers, status) => {
    const { send, heard } = await setUp();
    const answer = await send("", "", { ...text, ...headers });
    expect(answer.status).toBe(status);
    expect(await heard()).toHaveLength(status === 202 ? 3 : 0);
  });
});

test.each([
  [":send", "", undefined],
  [":send", "messageTtlSeconds=0", undefined],
  [":send", "messageTtlSeconds=300", 300],
  ["groups/{group}/:send", "messageTtlSeconds=60", 60],
  ["users/{userId}/:send", "messageTtlSeconds=60", 60],
  ["connections/{connectionId}/:send", "messageTtlSeconds=60", 60],
])("POST %s with %j makes a message that lives for %p s", (path, query, ttlInSeconds) => {
  const operation = operations.find((one) => one.path === path);
  if (operation?.body !== "message") throw new Error("no such operation");
  const delivered: Broadcast[] = [];
  const connection: Connection = {
    id: "c",
    userId: "u",
    protocol: null,
    roles: new Roles([]),
    groups: new Set(),
    deliver: (broadcast) => void delivered.push(broadcast),
    joined() {},
    left() {},
    end() {},
  };
  const hub = new Hub("chat");
  hub.add(connection);
  hub.join(connection, "g");
  const before = Date.now();
  operation.run({
    hub,
    group: path.startsWith("groups") ? "g" : "",
    userId: "u",
    connectionId: "c",
    query: new URLSearchParams(query),
    payload: { dataType: "text", text: "hi" },
    metadata: undefined,
  } as Partial<MessageCall> as MessageCall);
  const expiresAt = delivered[0]?.expiresAt ?? 0;
  if (ttlInSeconds === undefined) return expect(expiresAt).toBe(Number.POSITIVE_INFINITY);
  expect(expiresAt).toBeGreaterThanOrEqual(before + ttlInSeconds * 1000);
  expect(expiresAt).toBeLessThanOrEqual(Date.now() + ttlInSeconds * 1000);
});
