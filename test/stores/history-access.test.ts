import { randomUUID } from "node:crypto";
import { redisHistory } from "express-resilient-pubsub/stores/redis";
import { createClient, createCluster } from "redis";
import { type RedisServer, startRedis } from "../../demo-app/processes/redis-server.ts";
import type { HistoryConnection, HistoryStore } from "../../src/contract/history-store.ts";
import { closeAfterTest } from "../support/clean-up.ts";
import { describeWithRedis, REDIS_OR_ITS_ABSENCE } from "../support/redis-server.ts";
import { until } from "../support/until.ts";
import { roomyLimits } from "./support/history-backends.ts";
import { command } from "./support/redis-servers.ts";
import { startScriptedRedis } from "./support/scripted-redis.ts";
import { soon } from "./support/soon.ts";

jest.setTimeout(60_000);

const open = async (store: HistoryStore, hub = "chat", limits = roomyLimits) =>
  closeAfterTest(await store.open(hub, limits, () => {}, soon()));

const append = (connection: HistoryConnection, id: string, data = id) =>
  appendAll(connection, [id], data);

const appendAll = (connection: HistoryConnection, ids: readonly string[], data: string) =>
  connection.append(
    ids.map((id) => ({
      stream: "g:news",
      known: undefined,
      message: { id, dataType: "text", data },
      key: `k${id}`,
      dueInMs: 0,
    })),
    soon(),
  );

/** Everything that a history does. */
async function useAll(connection: HistoryConnection): Promise<void> {
  const [result] = await append(connection, "1");
  const { position } = result as NonNullable<typeof result>;
  const range = { stream: "g:news", epoch: position.epoch, from: 1, to: 1 };
  expect(await connection.ranges([range], soon())).toMatchObject([[{ id: "1" }]]);
  await connection.owe(["east"], ["g:news"], soon());
  const question = { endpoints: ["east"], limit: 9, leaseInMs: 0 };
  for (const task of await connection.claim(question, soon())) {
    await connection.finish(task, "done", soon());
  }
  const undelivered = { undelivered: ["east"], retryInMs: 0 };
  await connection.settle([{ stream: "g:news", position, ...undelivered }], soon());
  await connection.renewEpochs(["g:news"], soon());
  await connection.renewEpochs("all", soon());
}

async function start(...args: string[]): Promise<RedisServer> {
  return closeAfterTest(await startRedis(args));
}

describeWithRedis(`a history in ${REDIS_OR_ITS_ABSENCE}`, () => {
  it.each<[string, string[], RegExp | undefined]>([
    [
      "that may do what a history does",
      ["~app:*", "+eval", "+evalsha", "+info", "+time", "+del", "+pexpire", "+get", "+set"].concat([
        "+@hash",
        "+@sortedset",
        "+@stream",
      ]),
      undefined,
    ],
    [
      "that may not ask which server it is",
      ["~app:*", "+@all", "-info"],
      /INFO.*allow the user \+info/,
    ],
    [
      "that may not run scripts",
      ["~app:*", "+@all", "-@scripting"],
      /NOPERM.*allow the user EVAL, EVALSHA/,
    ],
    ["that may use other keys only", ["~other:*", "+@all"], /NOPERM.*allow the user EVAL, EVALSHA/],
  ])("knows by name a user %s", async (_, rules, refusal) => {
    const server = await start();
    await command(server, "ACL", "SETUSER", "app", "on", ">geheim", ...rules);
    const url = `redis://app:geheim@127.0.0.1:${server.port}`;
    const opening = open(redisHistory({ url, prefix: "app" }));
    if (!refusal) return useAll(await opening);
    const error = await opening.catch((reason) => reason);
    expect(error).toMatchObject({
      code: "ERR_STORE_REFUSED",
      message: expect.stringMatching(refusal),
    });
    expect(error.message).not.toContain("geheim");
  });

  it("is not opened with the password of another user", async () => {
    const server = await start("--requirepass", "richtig");
    const store = redisHistory({ url: `redis://:falsch@127.0.0.1:${server.port}` });
    await expect(open(store)).rejects.toMatchObject({
      code: "ERR_STORE_REFUSED",
      message: expect.stringMatching(/check the user/),
    });
  });

  it("says that it is full, keeps what it has, and goes on when there is room again", async () => {
    const server = await start("--maxmemory-policy", "noeviction");
    const connection = await open(redisHistory({ url: server.url, prefix: randomUUID() }));
    await append(connection, "1");
    await command(server, "CONFIG", "SET", "maxmemory", "1mb");
    await expect(append(connection, "2")).rejects.toMatchObject({
      code: "ERR_STORE_UNAVAILABLE",
      message: expect.stringContaining("OOM"),
    });
    const [top] = await connection.tops([{ stream: "g:news", known: undefined }], soon());
    expect(top?.offset).toBe(1);
    const position = { epoch: top?.epoch ?? "", offset: 1 };
    const undelivered = { undelivered: ["east"], retryInMs: 0 };
    await connection.settle([{ stream: "g:news", position, ...undelivered }], soon());
    const question = { endpoints: ["east"], limit: 9, leaseInMs: 60_000 };
    expect(await connection.claim(question, soon())).toHaveLength(1);
    await command(server, "CONFIG", "SET", "maxmemory", "0");
    expect(await append(connection, "3")).toMatchObject([
      { position: { ...top, offset: 2 }, isRepeated: false },
    ]);
  });

  it("is not read at a replica either", async () => {
    const server = await start();
    const url = server.url;
    const client = await createClient({ url }).connect();
    closeAfterTest({ close: () => client.destroy() });
    const connection = await open(redisHistory({ client, prefix: randomUUID() }));
    const [top] = await connection.tops([{ stream: "a", known: undefined }], soon());
    const other = await start();
    await command(server, "REPLICAOF", "127.0.0.1", String(other.port));
    const range = { stream: "a", epoch: top?.epoch ?? "", from: 1, to: 0 };
    await expect(connection.ranges([range], soon())).rejects.toMatchObject({
      code: "ERR_STORE_UNAVAILABLE",
      message: expect.stringContaining("READONLY"),
    });
  });

  it("gives up a call that is not answered in time, by its caller's reason", async () => {
    const server = await start();
    const connection = await open(redisHistory({ url: server.url, prefix: randomUUID() }));
    server.pause();
    const signal = AbortSignal.timeout(50);
    const question = [{ stream: "a", known: undefined }];
    const failure = await connection.tops(question, { signal }).catch((error) => error);
    expect(failure).toBe(signal.reason);
    server.resume();
    await until(() => connection.tops(question, soon()).catch(() => undefined));
  });

  it("takes no more calls than a bound while none is answered", async () => {
    const server = await start();
    const connection = await open(redisHistory({ url: server.url, prefix: randomUUID() }));
    server.pause();
    const data = "x".repeat(1024 * 1024);
    const abort = new AbortController();
    const calls = Array.from({ length: 70 }, (_, at) =>
      connection
        .append(
          [
            {
              stream: "a",
              known: undefined,
              message: { id: String(at), dataType: "text", data },
              dueInMs: 0,
            },
          ],
          { signal: abort.signal },
        )
        .catch((error: unknown) => error),
    );
    const refused = await calls.at(-1);
    expect(refused).toMatchObject({
      code: "ERR_STORE_UNAVAILABLE",
      message: expect.stringContaining("without an answer"),
    });
    abort.abort();
    await Promise.all(calls);
    server.resume();
  });

  it("reads no entry that was not written by a history", async () => {
    const server = await start();
    const connection = await open(redisHistory({ url: server.url, prefix: "app" }));
    const results = [await append(connection, "1"), await append(connection, "2")];
    const { epoch } = results[0]?.[0]?.position ?? { epoch: "" };
    const key = "app:{chat}:history:log:g:news";
    await command(
      server,
      "XADD",
      key,
      "3-0",
      "i",
      "3",
      "y",
      "?",
      "t",
      String(Date.now()),
      "d",
      "x",
    );
    await command(server, "HSET", "app:{chat}:history:stream:g:news", "top", "3");
    const range = (from: number, to: number) => ({ stream: "g:news", epoch, from, to });
    const found = await connection.ranges([range(1, 3), range(1, 2), range(3, 3)], soon());
    expect(found.map((entries) => entries?.length)).toEqual([2, 2, 0]);
  });

  it("says what stands in its way when a key of another kind has its name", async () => {
    const server = await start();
    await command(server, "SET", "app:{chat}:history", "text");
    await expect(open(redisHistory({ url: server.url, prefix: "app" }))).rejects.toMatchObject({
      code: "ERR_STORE_UNREADABLE",
      message: expect.stringMatching(/WRONGTYPE.*another prefix/),
    });
  });

  it("begins anew where redis has evicted part of a stream, and gives no place twice", async () => {
    const server = await start();
    const connection = await open(redisHistory({ url: server.url, prefix: "app" }));
    const hub = "app:{chat}:history";
    const seen = new Set<string>();
    for (const evicted of ["none", ":log:g:news", ":stream:g:news", ""]) {
      if (evicted !== "none") await command(server, "DEL", `${hub}${evicted}`);
      for (const count of [1, 2, 3]) {
        const [result] = await append(connection, `${evicted} ${count}`);
        const { epoch, offset } = result?.position ?? { epoch: "", offset: 0 };
        expect(seen.has(`${epoch}:${offset}`)).toBe(false);
        seen.add(`${epoch}:${offset}`);
        const range = { stream: "g:news", epoch, from: offset, to: offset };
        expect(await connection.ranges([range], soon())).toMatchObject([
          [{ id: `${evicted} ${count}` }],
        ]);
      }
    }
  });

  it.each([1, 2, 3])(
    "keeps all %d messages that are logged at once after an eviction",
    async (count) => {
      const server = await start();
      const limits = { ...roomyLimits, maxBytesPerStream: 30 };
      const store = redisHistory({ url: server.url, prefix: "app" });
      const connection = await open(store, "chat", limits);
      await appendAll(connection, ["a", "b", "c"], "x".repeat(10));
      await command(server, "DEL", "app:{chat}:history:log:g:news");
      const ids = ["d", "e", "f"].slice(0, count);
      const results = await appendAll(connection, ids, "x".repeat(10));
      const { epoch } = results[0]?.position ?? { epoch: "" };
      const range = { stream: "g:news", epoch, from: 4, to: 3 + count };
      const [entries] = await connection.ranges([range], soon());
      expect(entries?.map(({ id }) => id)).toEqual(ids);
    },
  );

  it("leaves nothing that does not expire", async () => {
    const server = await start();
    const connection = await open(redisHistory({ url: server.url, prefix: "app" }));
    await useAll(connection);
    await append(connection, "2");
    await connection.settle(
      [
        {
          stream: "g:news",
          position: { epoch: "never", offset: 1 },
          undelivered: ["west"],
          retryInMs: 0,
        },
      ],
      soon(),
    );
    const keys = (await command(server, "KEYS", "*")) as string[];
    expect(keys.length).toBeGreaterThan(7);
    for (const key of keys) {
      expect(key).toMatch(/^app:\{chat\}:history/);
      expect({ key, expires: Number(await command(server, "PTTL", key)) > 0 }).toEqual({
        key,
        expires: true,
      });
    }
    const pttl = async (key: string) =>
      Number(await command(server, "PTTL", `app:{chat}:history:${key}`));
    expect(await pttl("log:g:news")).toBeLessThanOrEqual(roomyLimits.ttlInMs);
    expect(await pttl("stream:g:news")).toBeGreaterThan(3_500_000);
  });

  it("keeps the keys of a hub on one server of a cluster, by a client of the app's own", async () => {
    const server = await start("--cluster-enabled", "yes");
    await command(server, "CLUSTER", "ADDSLOTSRANGE", "0", "16383");
    await until(async () =>
      /cluster_state:ok/.test(String(await command(server, "CLUSTER", "INFO"))),
    );
    const client = createCluster({ rootNodes: [{ url: server.url }] }).on("error", () => {});
    await client.connect();
    closeAfterTest({ close: () => client.destroy() });
    const store = redisHistory({ client });
    for (const hub of ["chat", "news"]) await useAll(await open(store, hub));
  });

  it("sends its script with each call by a client that knows no digests", async () => {
    const server = await start();
    const client = await createClient({ url: server.url }).connect();
    closeAfterTest({ close: () => client.destroy() });
    const plain = {
      eval: (script: string, options?: { keys?: string[]; arguments?: string[] }) =>
        client.eval(script, options),
    };
    await useAll(await open(redisHistory({ client: plain, prefix: randomUUID() })));
  });
});

describe("a redis that is active in several regions at once", () => {
  it.each([
    "ACTIVEACTIVE the id of an entry was refused: ERR strict",
    "ACTIVEACTIVE the server says that it is",
  ])("is refused as the place of a history: %s", async (answer) => {
    const redis = await startScriptedRedis(answer);
    await expect(open(redisHistory({ url: redis.url }))).rejects.toMatchObject({
      code: "ERR_STORE_REFUSED",
      message: expect.stringMatching(/needs one primary.*active in one region/),
    });
  });
});
