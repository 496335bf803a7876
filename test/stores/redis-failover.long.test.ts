import { randomUUID } from "node:crypto";
import { redisStore } from "express-resilient-pubsub/stores/redis";
import { createClient, createSentinel } from "redis";
import { freePort, startRedis } from "../../demo-app/processes/redis-server.ts";
import type { CoordinationStore, StoreConnection } from "../../src/contract/store.ts";
import { type DialledClient, RedisLink, redialPauseInMs } from "../../src/stores/redis/link.ts";
import { afterTest, closeAfterTest, useFakeTime } from "../support/clean-up.ts";
import { startName } from "../support/name.ts";
import { describeWithRedis, REDIS_OR_ITS_ABSENCE } from "../support/redis-server.ts";
import { until } from "../support/until.ts";
import {
  COPIED_AT_ONCE,
  command,
  makeReplica,
  startPair,
  startSentinel,
} from "./support/redis-servers.ts";
import { startScriptedRedis } from "./support/scripted-redis.ts";
import { soon } from "./support/soon.ts";

jest.setTimeout(60_000);
const open = async (store: CoordinationStore, hub = "chat") =>
  closeAfterTest(await store.open(hub, soon()));

const written = (connection: StoreConnection, text: string) => async () => {
  const found = await connection.readRecord(soon()).catch(() => undefined);
  if (found?.text === text) return true;
  await connection.replaceRecord(found?.version, text, soon()).catch(() => undefined);
  return false;
};

describeWithRedis(`a store in ${REDIS_OR_ITS_ABSENCE} that fails over`, () => {
  it("is dialled anew when the name leads to the new primary, and the old one lives on as its replica", async () => {
    const [old, next] = await startPair();
    const name = closeAfterTest(await startName(old.port));
    const prefix = randomUUID();
    const connection = await open(redisStore({ url: `redis://127.0.0.1:${name.port}`, prefix }));
    await until(written(connection, "before"));
    await until(async () => Number(await command(next, "EXISTS", `${prefix}:{chat}:agreement`)));
    await command(next, "REPLICAOF", "NO", "ONE");
    name.leadTo(next.port);
    await makeReplica(old, next);
    // Not even a reading is answered by what is a replica now.
    await expect(connection.readRecord(soon())).rejects.toMatchObject({
      code: "ERR_STORE_UNAVAILABLE",
      message: expect.stringMatching(/READONLY.*tried again/),
    });
    const found = await until(() => connection.readRecord(soon()).catch(() => undefined));
    expect(found.text).toBe("before");
    await until(written(connection, "after"));
    expect(await command(next, "HGET", `${prefix}:{chat}:agreement`, "text")).toBe("after");
    expect(name.dialled).toBe(2);
  });

  it("is not opened at a replica, and is as soon as that is the primary", async () => {
    const [primary, replica] = await startPair();
    const store = redisStore({ url: replica.url, prefix: randomUUID() });
    await expect(store.open("chat", soon())).rejects.toMatchObject({
      code: "ERR_STORE_UNAVAILABLE",
      message: expect.stringContaining("READONLY"),
    });
    await primary.close();
    await command(replica, "REPLICAOF", "NO", "ONE");
    await open(store);
  });

  it("is found again when its primary was killed and comes back as a replica", async () => {
    const [old, next] = await startPair();
    const name = closeAfterTest(await startName(old.port));
    const prefix = randomUUID();
    const connection = await open(redisStore({ url: `redis://127.0.0.1:${name.port}`, prefix }));
    await old.close();
    await expect(connection.readRecord(soon())).rejects.toMatchObject({
      code: "ERR_STORE_UNAVAILABLE",
    });
    await command(next, "REPLICAOF", "NO", "ONE");
    const again = closeAfterTest(await startRedis(COPIED_AT_ONCE, old.port));
    await makeReplica(again, next);
    await until(() =>
      connection.readRecord(soon()).then(String, (e) => /READONLY/.test(e.message)),
    );
    name.leadTo(next.port);
    await until(written(connection, "after"));
  });

  it("says that a client of the app's own is at a replica", async () => {
    const [, replica] = await startPair();
    const client = await createClient({ url: replica.url })
      .on("error", () => {})
      .connect();
    closeAfterTest({ close: () => client.destroy() });
    await expect(redisStore({ client }).open("chat", soon())).rejects.toMatchObject({
      code: "ERR_STORE_UNAVAILABLE",
      message: expect.stringMatching(/READONLY.*client of your own has to connect anew/),
    });
  });
});

describeWithRedis(`a store behind sentinels of ${REDIS_OR_ITS_ABSENCE}`, () => {
  const accesses: [string, (port: number, name?: string) => Promise<CoordinationStore>][] = [
    [
      "a URL of which the first sentinel is gone",
      async (port, name = "mymaster") =>
        redisStore({
          url: `redis+sentinel://127.0.0.1:${await freePort()},127.0.0.1:${port}/${name}`,
        }),
    ],
    [
      "a sentinel client of the app's own",
      async (port) => {
        const client = createSentinel({
          name: "mymaster",
          sentinelRootNodes: [{ host: "127.0.0.1", port }],
          nodeClientOptions: { disableOfflineQueue: true },
        }).on("error", () => {});
        // It tells the console of each of its attempts.
        const log = jest.spyOn(console, "log").mockImplementation(() => {});
        afterTest(() => log.mockRestore());
        await client.connect();
        closeAfterTest({ close: () => client.destroy() });
        return redisStore({ client });
      },
    ],
  ];

  it.each(accesses)(
    "follows them to the primary that they have elected, by %s",
    async (_, access) => {
      const [primary, replica] = await startPair();
      const connection = await open(await access(await startSentinel(primary)));
      await until(written(connection, "before"));
      await primary.close();
      await until(written(connection, "after"), 30_000);
      expect(await command(replica, "HGET", "resilient-pubsub:{chat}:agreement", "text")).toBe(
        "after",
      );
    },
  );

  it("says that they know no primary of that name", async () => {
    const [primary] = await startPair();
    const port = await startSentinel(primary);
    const store = redisStore({ url: `redis+sentinel://:geheim@127.0.0.1:${port}/other` });
    const failure = await store.open("chat", soon()).catch((error) => error);
    expect(failure).toMatchObject({
      code: "ERR_STORE_UNAVAILABLE",
      message: expect.stringMatching(/no sentinel names the primary of "other".*by that name\?/),
    });
    expect(failure.message).not.toContain("geheim");
  });
});

describe("a redis that answers like one that is not, or not yet, the primary", () => {
  it.each([
    "READONLY You can't write against a read only replica.",
    "LOADING Redis is loading the dataset in memory",
    "MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.",
    "CLUSTERDOWN The cluster is down",
    "MOVED 3999 127.0.0.1:6381",
    "ASK 3999 127.0.0.1:6381",
    "TRYAGAIN Multiple keys request during rehashing of slot",
    "NOREPLICAS Not enough good replicas to write.",
    // As redis 6 wraps it, when a script gets that answer.
    "ERR Error running script (call to f_24): @user_script:1: @user_script: 1: -READONLY You can't write against a read only replica.",
  ])("is dialled anew: %s", async (answer) => {
    const redis = await startScriptedRedis("");
    const connection = await open(redisStore({ url: redis.url }));
    expect(await connection.readRecord(soon())).toBeUndefined();
    expect(redis.connectedAt).toHaveLength(1);
    redis.answer = answer;
    await Promise.allSettled([connection.readRecord(soon()), connection.readObservations(soon())]);
    redis.answer = "";
    await until(() =>
      connection.readRecord(soon()).then(
        () => true,
        () => false,
      ),
    );
    // Two calls that failed on one connection are one reason to dial.
    expect(redis.connectedAt).toHaveLength(2);
  });

  it.each([
    "ERR something new",
    "OOM command not allowed when used memory > 'maxmemory'.",
    "NOPERM this user has no permissions to run the 'eval' command",
    "WRONGTYPE Operation against a key holding the wrong kind of value",
  ])(
    "keeps its connection for an answer that another one would give as well: %s",
    async (answer) => {
      const redis = await startScriptedRedis("");
      const connection = await open(redisStore({ url: redis.url }));
      redis.answer = answer;
      await expect(connection.readRecord(soon())).rejects.toThrow();
      redis.answer = "";
      expect(await connection.readRecord(soon())).toBeUndefined();
      expect(redis.connectedAt).toHaveLength(1);
    },
  );

  it("is dialled ever more slowly while it goes on answering so, whoever asks how often", async () => {
    const redis = await startScriptedRedis("");
    const connection = await open(redisStore({ url: redis.url }));
    redis.answer = "READONLY You can't write against a read only replica.";
    const stopAt = performance.now() + 2_500;
    while (performance.now() < stopAt) {
      await connection.readRecord(soon()).catch(() => {});
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    // At least 25, 50, 100, 200, 400, 500 ... ms between them.
    expect(redis.connectedAt.length).toBeGreaterThan(3);
    expect(redis.connectedAt.length).toBeLessThanOrEqual(10);
  });

  it("is not dialled any more when its store is closed", async () => {
    const redis = await startScriptedRedis("");
    const connection = await redisStore({ url: redis.url }).open("chat", soon());
    redis.answer = "LOADING Redis is loading the dataset in memory";
    await connection.readRecord(soon()).catch(() => {});
    await connection.close();
    const { length } = redis.connectedAt;
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(redis.connectedAt).toHaveLength(length);
  });
});

describe("a link", () => {
  useFakeTime();
  class SimpleError extends Error {}

  it("begins to wait anew for short only when a call was carried out, whoever lets it connect", async () => {
    const random = jest.spyOn(Math, "random").mockReturnValue(0);
    afterTest(() => random.mockRestore());
    let answer = (): Promise<unknown> => Promise.reject(new SimpleError("READONLY no"));
    let dials = 0;
    const link = new RedisLink(async () => {
      dials += 1;
      return { eval: () => answer(), evalSha: () => answer(), drop() {} };
    });
    const pauses: number[] = [];
    const evaluate = (client: DialledClient) => client.eval("", { keys: [], arguments: [] });
    const loseOnce = async (): Promise<void> => {
      await link.ready(new AbortController().signal);
      await link.call(evaluate).catch(() => {});
      const before = dials;
      let waitedInMs = 0;
      for (; dials === before; waitedInMs += 25) await jest.advanceTimersByTimeAsync(25);
      pauses.push(waitedInMs);
    };
    for (let count = 0; count < 4; count += 1) await loseOnce();
    const failing = answer;
    answer = () => Promise.resolve([]);
    await link.ready(new AbortController().signal);
    await link.call(evaluate);
    answer = failing;
    await loseOnce();
    link.end();
    expect(pauses).toEqual([25, 50, 100, 200, 25]);
  });
});

it.each([
  [0, 0, 25],
  [0, 1, 50],
  [3, 0, 200],
  [3, 1, 400],
  [5, 1, 1_000],
  [60, 0, 500],
  [2_000, 1, 1_000],
])("after %d failures in a row a link waits, at random %d, for %d ms", (failures, random, inMs) => {
  expect(redialPauseInMs(failures, random)).toBe(inMs);
});
