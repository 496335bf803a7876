import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { WebPubSubJsonProtocol, WebPubSubJsonReliableProtocol } from "@azure/web-pubsub-client";
import { memoryHistory } from "express-resilient-pubsub";
import type { Emulator } from "express-resilient-pubsub/emulator";
import { redisHistory } from "express-resilient-pubsub/stores/redis";
import { WebSocket } from "ws";
import { type RedisServer, startRedis } from "../../demo-app/processes/redis-server.ts";
import type { HistoryStore } from "../../src/contract/history-store.ts";
import type { MadeClient } from "../client/support/make-client.ts";
import { command } from "../stores/support/redis-servers.ts";
import { closeAfterFile, closeAfterTest } from "../support/clean-up.ts";
import { isRedisInstalled } from "../support/is-redis-installed.ts";
import { connectClient } from "../support/official-client.ts";
import { fetchAnswer } from "../support/regions.ts";
import { until } from "../support/until.ts";
import { keepSending, ROLES, startContinuityWorld } from "./support/continuity-world.ts";

jest.setTimeout(60_000);

const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

const isAllRecovered = ({ events }: MadeClient): boolean =>
  events.continuity.every(({ recovered }) => recovered);

const idOf = ({ events }: MadeClient): string => String(events.connected.at(-1)?.connectionId);

let redis: RedisServer;

if (isRedisInstalled) {
  beforeAll(async () => {
    redis = closeAfterFile(await startRedis());
  });
}

const LIMITS = { maxMessages: 1000, maxBytesPerStream: 1e6, ttlInMs: 300_000, maxResends: 20 };

interface Backend {
  readonly name: string;
  makeStore(): HistoryStore;
  lose(store: HistoryStore): Promise<unknown>;
}

const allBackends: Backend[] = [
  {
    name: "memory",
    makeStore: () => memoryHistory(),
    lose: async (store) => {
      const call = { signal: new AbortController().signal };
      const connection = await store.open("chat", LIMITS, () => {}, call);
      await connection.renewEpochs("all", call);
    },
  },
  {
    name: "redis",
    makeStore: () => redisHistory({ url: redis.url, prefix: randomUUID() }),
    lose: () => command(redis, "FLUSHALL"),
  },
];
const backends = allBackends.filter(({ name }) => name !== "redis" || isRedisInstalled);

describe.each(backends)("with a history in $name, a client", ({ makeStore, lose }) => {
  const startWorld = async (options = {}) => {
    const store = makeStore();
    return { store, ...(await startContinuityWorld({ store, ...options })) };
  };

  it.each<[string, (region: Emulator) => Promise<void>]>([
    ["crashes", (region) => region.inject({ kind: "crash" })],
    ["answers nothing any more", (region) => region.inject({ kind: "blackhole" })],
  ])(
    "that moves since its region %s gets once and in order what is sent meanwhile",
    async (_, fail) => {
      const { eastus, servers, client } = await startWorld();
      const ada = client();
      await ada.client.start();
      const sending = keepSending((number) => servers[0].group("news").sendToAll(number));
      await until(() => ada.heard.length > 5);
      await fail(eastus);
      await until(() => ada.events.moved.length === 1);
      const count = sending.count;
      await until(() => sending.count > count + 5);
      const sent = await sending.stop();
      await until(() => ada.heard.length >= sent);
      expect(ada.heard).toEqual(upTo(sent));
      expect(ada.events.moved).toMatchObject([{ from: "eastus", to: "westus", recovered: true }]);
      expect(isAllRecovered(ada)).toBe(true);
    },
  );

  it.each<[string, (region: Emulator) => Promise<void>]>([
    ["takes no sends", (region) => region.inject({ kind: "gray", durationInMs: 1500 })],
    [
      "is throttled for a while",
      (region) =>
        region.inject({
          kind: "throttle",
          retryAfterInSeconds: 1,
          durationInMs: 1500,
          requestTypes: ["RESTAPI"],
        }),
    ],
  ])("on a region that %s finds out what it misses", async (_, fail) => {
    const { eastus, servers, client } = await startWorld();
    const ada = client();
    await ada.client.start();
    const sending = keepSending((number) =>
      servers[number % 2 ? 0 : 1].group("news").sendToAll(number),
    );
    await until(() => ada.heard.length > 5);
    await fail(eastus);
    const count = sending.count;
    await until(() => sending.count > count + 30);
    const sent = await sending.stop();
    await until(() => ada.heard.length >= sent);
    expect(ada.heard).toEqual(upTo(sent));
    expect(isAllRecovered(ada)).toBe(true);
  });

  it("that a message leaves out never gets it, misses nothing else, and has no gap", async () => {
    const { eastus, servers, client } = await startWorld();
    const ada = client();
    await ada.client.start();
    const news = servers[0].group("news");
    const leaveOut = { excludedConnections: [idOf(ada)] };
    await news.sendToAll(1);
    await news.sendToAll("secret", leaveOut);
    await news.sendToAll(2);
    await until(() => ada.heard.length === 2);
    await news.sendToAll("secret", leaveOut);
    await eastus.inject({ kind: "crash" });
    await until(() => ada.events.moved.length === 1);
    await news.sendToAll(3);
    await until(() => ada.heard.length === 3);
    expect(ada.heard).toEqual([1, 2, 3]);
    expect(isAllRecovered(ada)).toBe(true);
    expect(ada.client.positions?.streams["g:news"]).toMatch(/:5$/);
  });

  it("that publishes during a failover has each message sent once, in order, to clients everywhere", async () => {
    const { eastus, client } = await startWorld();
    const [ada, bob] = [client(), client("user=bob&group=news")];
    await Promise.all([ada.client.start(), bob.client.start()]);
    const positions: string[] = [];
    const sending = keepSending(async (number) => {
      const { position } = await ada.client.publish("news", { number });
      positions.push(position);
    });
    await until(() => bob.heard.length > 3);
    await eastus.inject({ kind: "crash" });
    await until(() => ada.events.moved.length === 1);
    const count = sending.count;
    await until(() => sending.count > count + 3);
    const sent = await sending.stop();
    await until(() => bob.heard.length >= sent && ada.heard.length >= sent);
    const expected = upTo(sent).map((number) => ({ number }));
    expect([ada.heard, bob.heard]).toEqual([expected, expected]);
    expect(new Set(positions).size).toBe(sent);
    expect(bob.events["group-message"][0]?.message.fromUserId).toBe("ada");
  });

  it("whose page is loaded anew goes on where the one before was", async () => {
    const { servers, client } = await startWorld();
    const before = client();
    await before.client.start();
    await servers[0].group("news").sendToAll(1);
    await servers[0].sendToUser("ada", 2);
    await until(() => before.heard.length === 2);
    const since = JSON.parse(JSON.stringify(before.client.positions));
    before.client.stop();
    await servers[1].group("news").sendToAll(3);
    await servers[1].sendToUser("ada", 4);
    await servers[1].broadcast(5);
    const after = client("user=ada&group=news", { since });
    await after.client.start();
    await until(() => after.heard.length === 3);
    expect(after.heard.toSorted()).toEqual([3, 4, 5]);
    expect(after.events.continuity).toMatchObject([{ recovered: true, replayed: 3 }]);
  });

  it("that joins a group gets its last messages first, marked", async () => {
    const { servers, client } = await startWorld({ replayOnJoin: 2 });
    for (const number of [1, 2, 3]) await servers[0].group("other").sendToAll(number);
    const ada = client();
    await ada.client.start();
    await ada.client.joinGroup("other");
    await servers[0].group("other").sendToAll(4);
    await until(() => ada.heard.length === 3);
    const told = ada.events["group-message"].map(({ message, replayed }) => [
      message.data,
      replayed,
    ]);
    expect(told).toEqual([
      [2, true],
      [3, true],
      [4, undefined],
    ]);
  });

  it("is told that something may be missing when the store has lost it, and goes on", async () => {
    const { store, servers, client } = await startWorld();
    const ada = client();
    await ada.client.start();
    await servers[0].group("news").sendToAll(1);
    await until(() => ada.heard.length === 1);
    await lose(store);
    await until(() => !isAllRecovered(ada));
    expect(ada.events.continuity.at(-1)?.streams).toContainEqual(
      expect.objectContaining({ recovered: false, reason: "epoch" }),
    );
    await servers[1].group("news").sendToAll(2);
    await until(() => ada.heard.length === 2);
    expect(ada.heard).toEqual([1, 2]);
  });
});

function jsonOrText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** What a client that knows nothing of a history hears, whatever it speaks. */
async function startPlainClients(url: string): Promise<Record<string, unknown[]>> {
  const heard: Record<string, unknown[]> = {};
  const negotiated = async (): Promise<string> =>
    (await fetchAnswer(`${url}/negotiate?user=eve&group=news&${ROLES}&failed=eastus`)).body.url;
  const protocols = { json: WebPubSubJsonProtocol(), reliable: WebPubSubJsonReliableProtocol() };
  for (const [name, protocol] of Object.entries(protocols)) {
    const { client, received } = await connectClient(await negotiated(), { protocol });
    client.on("group-message", ({ message }) => void received.push(message.data));
    heard[name] = received;
  }
  for (const [name, subprotocol] of [
    ["bare", "json.webpubsub.azure.v1"],
    ["simple", undefined],
  ] as const) {
    const socket = new WebSocket(await negotiated(), subprotocol ?? []);
    closeAfterTest({ close: () => socket.terminate() });
    const data: unknown[] = [];
    heard[name] = data;
    socket.on("message", (bytes) => {
      const frame = jsonOrText(String(bytes)) as { type?: string; data?: unknown };
      if (!subprotocol) data.push(frame);
      else if (frame.type === "message") data.push(frame.data);
    });
    await once(socket, "open");
  }
  return heard;
}

it("clients that know nothing of a history get each live message once, and nothing else, whatever happens elsewhere", async () => {
  const { eastus, servers, client, urls } = await startContinuityWorld({ store: memoryHistory() });
  const ada = client();
  await ada.client.start();
  const plain = await startPlainClients(urls[0] ?? "");
  const sending = keepSending((number) =>
    number % 3 === 0
      ? servers[0].broadcast(number)
      : servers[0].group("news").sendToAll(number, { excludedConnections: [idOf(ada)] }),
  );
  await until(() => sending.count > 5);
  await eastus.inject({ kind: "crash" });
  await until(() => ada.events.moved.length === 1);
  const count = sending.count;
  await until(() => sending.count > count + 5);
  const sent = await sending.stop();
  await until(() => Object.values(plain).every((data) => data.length >= sent));
  await servers[0].broadcast("last");
  await until(() => Object.values(plain).every((data) => data.includes("last")));
  const expected = [...upTo(sent), "last"];
  expect(plain).toEqual({ json: expected, reliable: expected, bare: expected, simple: expected });
});

describe("where the service passes no metadata on, with positions in the data", () => {
  const startWorld = () =>
    startContinuityWorld({ store: memoryHistory(), carrier: "data" }, { metadata: false });

  it("a client gets each object once and in order over a failover, as it was sent", async () => {
    const { eastus, servers, client } = await startWorld();
    const ada = client();
    await ada.client.start();
    const sending = keepSending((number) => servers[0].group("news").sendToAll({ number }));
    await until(() => ada.heard.length > 5);
    await eastus.inject({ kind: "crash" });
    await until(() => ada.events.moved.length === 1);
    const count = sending.count;
    await until(() => sending.count > count + 5);
    const sent = await sending.stop();
    await until(() => ada.heard.length >= sent);
    expect(ada.heard).toEqual(upTo(sent).map((number) => ({ number })));
    expect(ada.events.moved).toMatchObject([{ recovered: true }]);
  });

  it("other clients see the position in each object; what is no object is sent as it is", async () => {
    const { servers, urls } = await startWorld();
    const plain = await startPlainClients(urls[0] ?? "");
    const reports = [
      await servers[0].broadcast({ n: 1 }),
      await servers[0].broadcast("text", { contentType: "text/plain" }),
      await servers[0].broadcast([2]),
    ];
    expect(reports.map(({ history }) => history)).toEqual(["logged", "untracked", "untracked"]);
    await until(() => plain.json?.length === 3);
    const $rps = expect.stringMatching(/^1 m a [\w-]{8}:1 [\w-]+$/);
    expect(plain.json).toEqual([{ $rps, n: 1 }, "text", [2]]);
  });
});
