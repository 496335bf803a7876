import { redisStore } from "express-resilient-pubsub/stores/redis";
import { createClient, createCluster } from "redis";
import { generate } from "selfsigned";
import { freePort, type RedisServer, startRedis } from "../../demo-app/processes/redis-server.ts";
import type { CoordinationStore } from "../../src/contract/store.ts";
import { parseTarget } from "../../src/stores/redis/target.ts";
import { closeAfterTest } from "../support/clean-up.ts";
import { startName } from "../support/name.ts";
import { describeWithRedis, REDIS_OR_ITS_ABSENCE } from "../support/redis-server.ts";
import { trust } from "../support/trust.ts";
import { until } from "../support/until.ts";
import { soon } from "./support/soon.ts";

jest.setTimeout(60_000);
const open = async (store: CoordinationStore, hub = "chat") =>
  closeAfterTest(await store.open(hub, soon()));

async function connect(server: RedisServer) {
  const client = createClient({ url: server.url }).on("error", () => {});
  await client.connect();
  return closeAfterTest({ client, close: () => client.destroy() }).client;
}

async function roundTrip(store: CoordinationStore, hub = "chat"): Promise<void> {
  const connection = await open(store, hub);
  const version = await connection.replaceRecord(undefined, "text", soon());
  expect(version).toEqual(expect.any(String));
  expect(await connection.readRecord(soon())).toEqual({ text: "text", version });
  await connection.writeObservation("server", "seen", 60_000, soon());
  expect(await connection.readObservations(soon())).toEqual(new Map([["server", "seen"]]));
  await connection.removeObservation("server", soon());
}

describeWithRedis(`a store in ${REDIS_OR_ITS_ABSENCE} that is guarded`, () => {
  it("is reached over TLS when this process trusts the certificate, and says so when it does not", async () => {
    const server = closeAfterTest(await startRedis());
    const { cert, private: key } = await generate([{ name: "commonName", value: "localhost" }], {
      keyType: "ec",
    });
    const { port } = closeAfterTest(await startName(server.port, { cert, key }));
    const store = redisStore({ url: `rediss://localhost:${port}` });
    await expect(store.open("chat", soon())).rejects.toMatchObject({
      code: "ERR_STORE_UNAVAILABLE",
      message: expect.stringMatching(/self-signed certificate.*NODE_EXTRA_CA_CERTS/),
    });
    trust(cert);
    await roundTrip(store);
  });

  it.each<[string, string[], boolean]>([
    [
      "that may do what the store does",
      ["~app:*", "+eval", "+@hash", "+time", "+pttl", "+pexpire"],
      true,
    ],
    ["that may not run scripts", ["~app:*", "+@hash"], false],
    ["that may use other keys only", ["~other:*", "+@all"], false],
  ])("knows a user %s by name", async (_, rules, isAllowed) => {
    const server = closeAfterTest(await startRedis());
    const admin = await connect(server);
    await admin.sendCommand(["ACL", "SETUSER", "app", "on", ">g@heim:1", ...rules]);
    const url = `redis://app:${encodeURIComponent("g@heim:1")}@127.0.0.1:${server.port}`;
    const store = redisStore({ url, prefix: "app" });
    if (isAllowed) return roundTrip(store);
    const error = await store.open("chat", soon()).catch((reason) => reason);
    expect(error).toMatchObject({
      code: "ERR_STORE_REFUSED",
      message: expect.stringMatching(/NOPERM.*allow the user/),
    });
    expect(error.message).not.toContain("heim");
  });

  it("is not opened with the password of another user", async () => {
    const server = closeAfterTest(await startRedis());
    const admin = await connect(server);
    await admin.sendCommand(["ACL", "SETUSER", "app", "on", ">geheim", "~*", "+@all"]);
    const store = redisStore({ url: `redis://app:falsch@127.0.0.1:${server.port}` });
    await expect(store.open("chat", soon())).rejects.toMatchObject({
      code: "ERR_STORE_REFUSED",
      message: expect.stringMatching(/WRONGPASS.*check the user/),
    });
  });
});

describeWithRedis(`a store in a cluster of ${REDIS_OR_ITS_ABSENCE}`, () => {
  /** Two servers with half of the slots each. */
  async function startCluster(): Promise<[RedisServer, RedisServer]> {
    const servers: RedisServer[] = [];
    for (const slots of [
      ["0", "8191"],
      ["8192", "16383"],
    ]) {
      const server = closeAfterTest(await startRedis(["--cluster-enabled", "yes"]));
      const client = await connect(server);
      await client.sendCommand(["CLUSTER", "ADDSLOTSRANGE", ...slots]);
      servers.push(server);
    }
    const [first, second] = servers as [RedisServer, RedisServer];
    const client = await connect(first);
    await client.sendCommand(["CLUSTER", "MEET", "127.0.0.1", String(second.port)]);
    for (const server of servers) {
      const each = await connect(server);
      const info = () => each.sendCommand(["CLUSTER", "INFO"]).then(String);
      await until(async () => /cluster_state:ok[\s\S]*cluster_known_nodes:2/.test(await info()));
    }
    return [first, second];
  }

  it("keeps all keys of a hub on one server, and those of hubs on any, by a client of the app's", async () => {
    const [first, second] = await startCluster();
    const client = createCluster({ rootNodes: [{ url: first.url }] }).on("error", () => {});
    await client.connect();
    closeAfterTest({ close: () => client.destroy() });
    const store = redisStore({ client, prefix: "app" });
    const hubs = ["chat", "news", "games", "a", "b", "c"];
    for (const hub of hubs) await roundTrip(store, hub);
    const sizes = [];
    for (const server of [first, second]) {
      sizes.push(Number(await (await connect(server)).sendCommand(["DBSIZE"])));
    }
    expect(sizes.reduce((sum, size) => sum + size)).toBe(hubs.length);
    expect(Math.min(...sizes)).toBeGreaterThan(0);
  });

  it("says what to give in place of the URL of one server", async () => {
    const servers = await startCluster();
    const outcomes = await Promise.all(
      servers.map(({ url }) =>
        redisStore({ url })
          .open("chat", soon())
          .then(
            (connection) => connection.close().then(() => "opened"),
            (error) => `${error.code} ${error.message}`,
          ),
      ),
    );
    expect(outcomes.sort()).toEqual([
      expect.stringMatching(/^ERR_STORE_REFUSED .*MOVED.*createCluster/),
      "opened",
    ]);
  });

  it("waits for the cluster to be whole", async () => {
    const server = closeAfterTest(await startRedis(["--cluster-enabled", "yes"]));
    const store = redisStore({ url: server.url });
    await expect(store.open("chat", soon())).rejects.toMatchObject({
      code: "ERR_STORE_UNAVAILABLE",
      message: expect.stringMatching(/CLUSTERDOWN.*tried again/),
    });
    const client = await connect(server);
    await client.sendCommand(["CLUSTER", "ADDSLOTSRANGE", "0", "16383"]);
    const connection = await until(() => store.open("chat", soon()).catch(() => undefined));
    await connection.close();
  });
});

describe("a client of the app's own", () => {
  const remedy = /give a client of the redis package, from createClient\(\), or url/;

  it.each<[string, object, RegExp]>([
    // As `new Redis()` and `new Redis.Cluster()` are, told by what only they have.
    ["of ioredis", { eval() {}, defineCommand() {}, status: "wait" }, /is a client of ioredis/],
    ["of redis 3", { eval() {}, internal_send_command() {} }, /is a client of redis 3 or older/],
  ])("%s is refused by name", (_, client, message) => {
    const make = () => redisStore({ client } as never);
    expect(make).toThrow(message);
    expect(make).toThrow(remedy);
    expect(make).toThrow(expect.objectContaining({ code: "ERR_INVALID_OPTIONS" }));
  });

  it.each<[string, () => unknown]>([
    ["that calls back", () => undefined],
    ["that gives objects", () => ({})],
  ])("%s is told from one that does as the store needs", async (_, answer) => {
    const store = redisStore({ client: { eval: async () => answer() } });
    await expect(store.open("chat", soon())).rejects.toMatchObject({
      code: "ERR_STORE_REFUSED",
      message: expect.stringMatching(/not with a list; give a client of the redis package/),
    });
  });

  it.each([
    ["closed", { isOpen: false, isReady: false }, /The client is closed.*call connect\(\)/],
    ["closed, of a cluster", { isOpen: false }, /The client is closed.*call connect\(\)/],
    ["not connected", { isOpen: true, isReady: false }, /The client is not connected/],
  ])("is given no command while it is %s", async (_, state, message) => {
    const evaluate = jest.fn();
    const store = redisStore({ client: { ...state, eval: evaluate } });
    await expect(store.open("chat", soon())).rejects.toMatchObject({
      code: "ERR_STORE_UNAVAILABLE",
      message: expect.stringMatching(message),
    });
    expect(evaluate).not.toHaveBeenCalled();
  });

  it("that keeps its commands for later is given a few only, and all of them again once it answers", async () => {
    const kept: ((reply: unknown) => void)[] = [];
    let answers = true;
    const client = {
      isOpen: true,
      eval: () =>
        answers ? Promise.resolve([null, null]) : new Promise((resolve) => kept.push(resolve)),
    };
    const connection = await open(redisStore({ client }));
    answers = false;
    const calls = Array.from({ length: 200 }, () =>
      connection.readRecord({ signal: AbortSignal.timeout(50) }),
    );
    const outcomes = await Promise.allSettled(calls);
    expect(outcomes.every(({ status }) => status === "rejected")).toBe(true);
    expect(kept).toHaveLength(16);
    await expect(connection.readRecord(soon())).rejects.toMatchObject({
      code: "ERR_STORE_UNAVAILABLE",
      message: expect.stringContaining("16 commands are still without an answer"),
    });
    answers = true;
    for (const resolve of kept) resolve([null, null]);
    await until(() =>
      connection.readRecord(soon()).then(
        () => true,
        () => false,
      ),
    );
  });

  it.each([
    ["The client is closed", /call connect\(\) of the client/],
    ["unable to verify the first certificate", /NODE_EXTRA_CA_CERTS/],
    ["routines:ssl3_get_record:wrong version number", /does that port speak TLS/],
    ["connect ECONNREFUSED \u001b[31m127.0.0.1:1", /is redis up/],
  ])("that fails with %j is unavailable, with the remedy", async (failure, remedy) => {
    const evaluate = () => Promise.reject(new Error(failure));
    const error = await redisStore({ client: { eval: evaluate } })
      .open("chat", soon())
      .catch((reason) => reason);
    expect(error).toMatchObject({
      code: "ERR_STORE_UNAVAILABLE",
      message: expect.stringMatching(remedy),
    });
    expect(error.message).not.toMatch(/\p{Cc}/u);
  });

  it("may be told to give numbers as texts", async () => {
    const client = { eval: async (script: string) => (script.includes("HSET") ? "0" : []) };
    const connection = await open(redisStore({ client }));
    expect(await connection.readRecord(soon())).toBeUndefined();
    expect(await connection.replaceRecord(undefined, "text", soon())).toBeUndefined();
  });
});

describeWithRedis(`an app's client that loses ${REDIS_OR_ITS_ABSENCE}`, () => {
  it("has nothing of the store to send when it is back", async () => {
    const server = closeAfterTest(await startRedis());
    const client = createClient({ url: server.url }).on("error", () => {});
    await client.connect();
    closeAfterTest({ close: () => client.destroy() });
    const connection = await open(redisStore({ client }));
    await server.close();
    await until(() => !client.isReady);
    for (let count = 0; count < 50; count += 1) {
      const options = { signal: AbortSignal.timeout(1_000) };
      await expect(
        connection.writeObservation("server", String(count), 60_000, options),
      ).rejects.toMatchObject({ code: "ERR_STORE_UNAVAILABLE" });
    }
    const again = closeAfterTest(await startRedis([], server.port));
    await until(() => client.isReady);
    const observer = await connect(again);
    const stats = String(await observer.sendCommand(["INFO", "commandstats"]));
    expect(stats).not.toContain("cmdstat_eval");
    await connection.writeObservation("server", "now", 60_000, soon());
    expect(await connection.readObservations(soon())).toEqual(new Map([["server", "now"]]));
  });
});

describe("the URL of a store in redis", () => {
  it.each([
    ["redis://host", "host", []],
    ["rediss://user:p%40ss@host:6380/3", "host:6380", ["p%40ss", "p@ss"]],
    ["redis://:pass@[::1]:6379", "[::1]:6379", ["pass"]],
    ["redis://host/", "host", []],
    ["redis+sentinel://a,b:1/name", 'a,b:1, sentinels of "name"', []],
    [
      "rediss+sentinel://user:p%40ss@[::1]:26379/name/2",
      '[::1]:26379, sentinels of "name"',
      ["p@ss"],
    ],
  ])("may be %s", (url, label, secrets) => {
    const target = parseTarget(url);
    expect(target?.label).toBe(label);
    expect(target?.secrets).toEqual(expect.arrayContaining(secrets));
    expect(redisStore({ url }).description).toContain(label);
  });

  it("names sentinels with their usual port, user, password and database", () => {
    expect(parseTarget("rediss+sentinel://user:p%40ss@a,[::1]:7/my%2Fname/2")).toMatchObject({
      kind: "sentinel",
      sentinels: [
        { host: "a", port: 26_379 },
        { host: "::1", port: 7 },
      ],
      name: "my/name",
      username: "user",
      password: "p@ss",
      database: 2,
      tls: true,
    });
  });

  const server = /give a URL such as "rediss:\/\/host:6380\/0"/;
  const sentinel = /for sentinels give a URL such as "redis\+sentinel:\/\/host1/;
  const cluster = /for a cluster give client: createCluster\(/;
  it.each([
    ["https://geheim@host", server],
    ["redis://", server],
    ["redis:///0", server],
    ["redis://geheim@host/name", server],
    ["unix:///run/geheim.sock", server],
    ["redis://:geheim@a:1,b:2", cluster],
    ["rediss://a,b/0", cluster],
    ["redis+cluster://geheim@a:1,b:2", cluster],
    ["redis-cluster://a", cluster],
    ["redis-sentinel://geheim@a:1/name", sentinel],
    ["redis+sentinel://geheim@a:1,b:2", sentinel],
    ["redis+sentinel://geheim@a:1,b:2/name?db=1", sentinel],
    ["redis+sentinel://geheim@a:1,:2/name", sentinel],
    ["sentinel://a/name", sentinel],
  ])("may not be %s, and the remedy is told", (url, remedy) => {
    const make = () => redisStore({ url });
    expect(make).toThrow(remedy);
    expect(make).toThrow(expect.objectContaining({ code: "ERR_INVALID_OPTIONS" }));
    expect(make).not.toThrow("geheim");
  });
});

it("a store in redis that nobody listens for says where it looked", async () => {
  const port = await freePort();
  const url = `redis+sentinel://127.0.0.1:${port}/name`;
  await expect(redisStore({ url }).open("chat", soon())).rejects.toMatchObject({
    code: "ERR_STORE_UNAVAILABLE",
    message: expect.stringMatching(/no sentinel names .*ECONNREFUSED.*are the sentinels up/),
  });
});
