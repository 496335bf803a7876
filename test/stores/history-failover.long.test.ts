import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { redisHistory } from "express-resilient-pubsub/stores/redis";
import { createClient } from "redis";
import { freePort, type RedisServer, startRedis } from "../../demo-app/processes/redis-server.ts";
import type {
  HistoryAppend,
  HistoryConnection,
  HistoryStore,
  KnownPosition,
} from "../../src/contract/history-store.ts";
import { afterTest, closeAfterTest } from "../support/clean-up.ts";
import { startName } from "../support/name.ts";
import { describeWithRedis, REDIS_OR_ITS_ABSENCE } from "../support/redis-server.ts";
import { until } from "../support/until.ts";
import { roomyLimits } from "./support/history-backends.ts";
import {
  COPIED_AT_ONCE,
  command,
  makeReplica,
  startPair,
  startSentinel,
} from "./support/redis-servers.ts";
import { soon } from "./support/soon.ts";

jest.setTimeout(60_000);

const open = async (store: HistoryStore, onLost: (error: unknown) => void = () => {}) =>
  closeAfterTest(await store.open("chat", roomyLimits, onLost, soon()));

const appendOf = (id: string, known?: KnownPosition): HistoryAppend => ({
  stream: "a",
  known,
  message: { id, dataType: "text", data: id },
  dueInMs: 60_000,
});

/** Every place that a message was given, by any store, and the message. */
class Places {
  readonly #ids = new Map<string, string>();
  /** The furthest, as a server remembers it. */
  last: KnownPosition | undefined;

  async append(connection: HistoryConnection, id: string): Promise<KnownPosition> {
    const [result] = await connection.append([appendOf(id, this.last)], soon());
    const { epoch, offset } = result?.position ?? { epoch: "", offset: 0 };
    const place = `${epoch}:${offset}`;
    expect({ place, id: this.#ids.get(place) ?? id }).toEqual({ place, id });
    this.#ids.set(place, id);
    this.last = { epoch, offset, id };
    return this.last;
  }
}

const whenBack = <T>(call: () => Promise<T>): Promise<T> =>
  until(() => call().catch(() => undefined), 30_000) as Promise<T>;

/** Has the replica miss what comes from now on, and lets it be the primary. */
async function loseTail(
  primary: RedisServer,
  replica: RedisServer,
  tail: () => Promise<unknown>,
): Promise<void> {
  const offset = (info: unknown) => /master_repl_offset:(\d+)/.exec(String(info))?.[1];
  await until(async () => {
    const [one, other] = [await command(primary, "INFO"), await command(replica, "INFO")];
    return offset(one) === offset(other);
  });
  await command(replica, "REPLICAOF", "127.0.0.1", String(await freePort()));
  await tail();
  await command(replica, "REPLICAOF", "NO", "ONE");
}

describeWithRedis(`a history in ${REDIS_OR_ITS_ABSENCE} that fails over`, () => {
  it("gives no place twice when the new primary has not copied the last messages, whoever knows of them", async () => {
    for (const whoAsks of ["a server that knows", "a server that was started since"]) {
      const [old, next] = await startPair();
      const name = closeAfterTest(await startName(old.port));
      const store = redisHistory({ url: `redis://127.0.0.1:${name.port}`, prefix: randomUUID() });
      const connection = await open(store);
      const places = new Places();
      await places.append(connection, "copied");
      const forgotten: KnownPosition[] = [];
      await loseTail(old, next, async () => {
        for (const id of ["lost 1", "lost 2", "lost 3"]) {
          forgotten.push(await places.append(connection, id));
        }
      });
      name.leadTo(next.port);
      await old.close();
      if (whoAsks !== "a server that knows") places.last = undefined;
      for (const id of ["new 1", "new 2", "new 3", "new 4", "new 5"]) {
        await whenBack(() => places.append(connection, id));
      }
      // Nobody is told that there is nothing between what was lost and what is new.
      for (const { epoch, offset } of forgotten) {
        const question = { stream: "a", epoch, from: offset + 1, to: offset };
        expect(await connection.ranges([question], soon())).toEqual([undefined]);
      }
    }
  });

  it("ends all epochs by a failover, and by nothing else: not when the connection breaks, nor by a new replica", async () => {
    const [old, next] = await startPair();
    const name = closeAfterTest(await startName(old.port));
    const store = redisHistory({ url: `redis://127.0.0.1:${name.port}`, prefix: randomUUID() });
    const connection = await open(store);
    const places = new Places();
    const first = await places.append(connection, "1");
    name.cut();
    const second = await whenBack(() => places.append(connection, "2"));
    expect(second.epoch).toBe(first.epoch);
    const another = closeAfterTest(await startRedis(COPIED_AT_ONCE));
    await makeReplica(another, old);
    expect((await places.append(connection, "3")).epoch).toBe(first.epoch);
    await makeReplica(another, next);
    await command(next, "REPLICAOF", "NO", "ONE");
    name.leadTo(next.port);
    await makeReplica(old, next);
    const after = await whenBack(() => places.append(connection, "4"));
    expect(after).toMatchObject({ epoch: expect.not.stringContaining(first.epoch), offset: 1 });
  });

  it("has every endpoint sent a check of all streams after a failover, in place of what there was", async () => {
    const [old, next] = await startPair();
    const name = closeAfterTest(await startName(old.port));
    const store = redisHistory({ url: `redis://127.0.0.1:${name.port}`, prefix: randomUUID() });
    const connection = await open(store);
    const question = { endpoints: ["east"], limit: 10, leaseInMs: 60_000 };
    for (const task of await connection.claim(question, soon())) {
      await connection.finish(task, "done", soon());
    }
    const { epoch, offset } = await new Places().append(connection, "1");
    const undelivered = { undelivered: ["east"], retryInMs: 0 };
    await connection.settle([{ stream: "a", position: { epoch, offset }, ...undelivered }], soon());
    await loseTail(old, next, async () => {});
    name.leadTo(next.port);
    await old.close();
    const tasks = await whenBack(() => connection.claim(question, soon()));
    expect(tasks).toMatchObject([{ endpoint: "east", stream: undefined, offsets: [] }]);
  });

  it("tells when its connection has broken, once for each", async () => {
    const server = closeAfterTest(await startRedis());
    const name = closeAfterTest(await startName(server.port));
    const store = redisHistory({ url: `redis://127.0.0.1:${name.port}`, prefix: randomUUID() });
    const losses: unknown[] = [];
    const connection = await open(store, (error) => losses.push(error));
    const closed = await store.open("chat", roomyLimits, () => losses.push("closed"), soon());
    await closed.close();
    for (const count of [1, 2]) {
      name.cut();
      await until(() => losses.length === count);
      await whenBack(() => connection.tops([{ stream: "a", known: undefined }], soon()));
    }
    expect(losses).toEqual([expect.any(Error), expect.any(Error)]);
  });

  it("tells when a client of the app's own connects anew", async () => {
    const server = closeAfterTest(await startRedis());
    const name = closeAfterTest(await startName(server.port));
    const client = await createClient({ url: `redis://127.0.0.1:${name.port}` })
      .on("error", () => {})
      .connect();
    closeAfterTest({ close: () => client.destroy() });
    const losses: unknown[] = [];
    await open(redisHistory({ client, prefix: randomUUID() }), (error) => losses.push(error));
    name.cut();
    await until(() => losses.length > 0);
  });

  it.each(["by a URL", "by a client of the app's own"])(
    "follows the sentinels to the primary that they have elected, %s, and gives no place twice",
    async (access) => {
      const [primary] = await startPair();
      const port = await startSentinel(primary);
      const store =
        access === "by a URL"
          ? redisHistory({ url: `redis+sentinel://127.0.0.1:${port}/mymaster` })
          : redisHistory({ client: await sentinelClient(port) });
      const connection = await open(store);
      const places = new Places();
      const { epoch } = await places.append(connection, "before");
      await primary.close();
      const after = await whenBack(() => places.append(connection, "after"));
      expect(after.epoch).not.toBe(epoch);
      await places.append(connection, "and after");
    },
  );
});

async function sentinelClient(port: number) {
  const { createSentinel } = await import("redis");
  const client = createSentinel({
    name: "mymaster",
    sentinelRootNodes: [{ host: "127.0.0.1", port }],
    nodeClientOptions: { disableOfflineQueue: true },
  }).on("error", () => {});
  // It tells the console of each of its attempts.
  const logged = jest.spyOn(console, "log").mockImplementation(() => {});
  afterTest(() => logged.mockRestore());
  await client.connect();
  closeAfterTest({ close: () => client.destroy() });
  return client;
}

describeWithRedis(`a history in ${REDIS_OR_ITS_ABSENCE} that is restarted`, () => {
  it.each([
    ["with its data", true],
    ["without them", false],
  ])("gives no place twice, %s", async (_, keepsData) => {
    const folder = await mkdtemp(path.join(tmpdir(), "history-"));
    afterTest(() => rm(folder, { recursive: true, force: true }));
    const persistence = keepsData ? ["--dir", folder, "--appendonly", "yes"] : [];
    const before = await startRedis(persistence);
    const store = redisHistory({ url: before.url, prefix: randomUUID() });
    const connection = await open(store);
    const places = new Places();
    const lost = await places.append(connection, "1");
    await places.append(connection, "2");
    await before.close();
    const after = closeAfterTest(await startRedis(persistence, before.port));
    const [top] = await whenBack(() =>
      connection.tops([{ stream: "a", known: undefined }], soon()),
    );
    expect(top).toEqual({ epoch: expect.not.stringContaining(lost.epoch), offset: 0 });
    for (const id of ["3", "4", "5"]) await places.append(connection, id);
    const kept = await command(after, "KEYS", "*:log:a");
    expect(kept).toHaveLength(1);
  });

  it("finds its scripts gone, and carries out in their order the calls that were made meanwhile", async () => {
    const server = closeAfterTest(await startRedis());
    const connection = await open(redisHistory({ url: server.url, prefix: randomUUID() }));
    const ids = Array.from({ length: 200 }, (_, index) => String(index));
    const calls = [];
    for (const id of ids) {
      calls.push(connection.append([appendOf(id)], soon()));
      if (Number(id) % 50 === 0) void command(server, "SCRIPT", "FLUSH");
      if (Number(id) % 10 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    const results = (await Promise.all(calls)).flat();
    expect(results.map(({ position }) => position.offset)).toEqual(ids.map((id) => Number(id) + 1));
  });
});
