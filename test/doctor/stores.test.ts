import { diagnose } from "express-resilient-pubsub/doctor";
import { redisHistory, redisStore } from "express-resilient-pubsub/stores/redis";
import { createClient } from "redis";
import { type RedisServer, startRedis } from "../../demo-app/processes/redis-server.ts";
import { verdictsOnRedis } from "../../src/doctor/redis-facts.ts";
import { closeAfterFile } from "../support/clean-up.ts";
import { describeWithRedis, REDIS_OR_ITS_ABSENCE } from "../support/redis-server.ts";
import { linesOf, optionsFor } from "./support/two-endpoints.ts";

const WELL = {
  redis_version: "7.2.4",
  redis_mode: "standalone",
  role: "master",
  maxmemory: "0",
  maxmemory_policy: "noeviction",
  aof_enabled: "1",
  connected_slaves: "0",
};

it.each<[string, Record<string, string>, ("pass" | "warn" | "fail")[], RegExp]>([
  ["that is well", {}, ["pass"], /redis 7\.2\.4, standalone/],
  ["that is too old", { redis_version: "5.0.7" }, ["pass", "fail"], /too old/],
  ["that is a replica", { role: "slave" }, ["pass", "fail"], /takes no writes/],
  ["active in several regions", { crdt_clock: "1" }, ["pass", "fail"], /active in several regions/],
  [
    "that forgets what is in use",
    { maxmemory: "1000000", maxmemory_policy: "allkeys-lru" },
    ["pass", "warn"],
    /allkeys-lru.*recovered: false/,
  ],
  ["that would, and has no limit", { maxmemory_policy: "allkeys-lru" }, ["pass"], /redis/],
  [
    "that forgets what expires",
    { maxmemory: "1", maxmemory_policy: "volatile-ttl" },
    ["pass"],
    /redis/,
  ],
  ["that writes nothing down", { aof_enabled: "0" }, ["pass", "warn"], /writes nothing down/],
  [
    "that writes nothing down, and has a replica",
    { aof_enabled: "0", connected_slaves: "1" },
    ["pass"],
    /redis/,
  ],
  ["whose snapshots fail", { rdb_last_bgsave_status: "err" }, ["pass", "warn"], /snapshot/],
])("of a redis %s is told so", (_, facts, statuses, what) => {
  const found = verdictsOnRedis({ ...WELL, ...facts }, "history");
  expect(found.map(({ status }) => status)).toEqual(statuses);
  expect(found.at(-1)?.what).toMatch(what);
  for (const { status, remedy } of found) if (status !== "pass") expect(remedy).toBeTruthy();
});

describeWithRedis(`with ${REDIS_OR_ITS_ABSENCE}, diagnose`, () => {
  const PASSWORD = "a-password-that-nobody-sees";
  let server: RedisServer;
  beforeAll(async () => {
    const limits = ["--maxmemory", "100mb", "--maxmemory-policy", "allkeys-lru"];
    server = closeAfterFile(await startRedis([...limits, "--requirepass", PASSWORD]));
  });

  const eastus = {
    connectionString: "Endpoint=https://eastus.example;AccessKey=k;Version=1.0;",
  };
  const look = (password: string) => {
    const url = `redis://:${password}@127.0.0.1:${server.port}`;
    const more = {
      topology: "client-client",
      coordination: { store: redisStore({ url }) },
      history: { store: redisHistory({ url }) },
    } as const;
    return diagnose(optionsFor({ eastus }, more), { checks: ["stores"] });
  };

  it("opens its stores, tells how they are set up, and leaves nothing in them", async () => {
    const diagnosis = await look(PASSWORD);
    expect(linesOf(diagnosis, "fail")).toEqual([]);
    const where = `redis at 127.0.0.1:${server.port}, keys "resilient-pubsub:*"`;
    for (const kind of ["coordination", "history"]) {
      expect(linesOf(diagnosis, "pass")).toContainEqual(
        expect.stringContaining(`stores ${kind}: ${where} can be opened, written and read`),
      );
      expect(linesOf(diagnosis, "warn")).toContainEqual(
        expect.stringContaining(`${kind}: ${where} its maxmemory-policy is allkeys-lru`),
      );
    }
    const client = createClient({ url: server.url, password: PASSWORD });
    await client.connect();
    const left = await client.keys("*");
    const lifetimes = await Promise.all(left.map((key) => client.pTTL(key)));
    client.destroy();
    expect(lifetimes.filter((lifetimeInMs) => lifetimeInMs < 0)).toEqual([]);
  });

  it("tells that the password is wrong, and not which it is", async () => {
    const diagnosis = await look("wrong-password");
    expect(diagnosis.findings.filter(({ status }) => status === "fail")).toEqual([
      expect.objectContaining({
        what: expect.stringMatching(/^ERR_STORE_REFUSED: .*WRONGPASS/),
        remedy: "check the user and the password",
      }),
      expect.objectContaining({ subject: expect.stringMatching(/^history/) }),
    ]);
    expect(JSON.stringify(diagnosis)).not.toMatch(/wrong-password|nobody-sees/);
  });
});

it("diagnose tells that there is no redis there", async () => {
  const store = redisStore({ url: "redis://127.0.0.1:1" });
  const eastus = {
    connectionString: "Endpoint=https://eastus.example;AccessKey=k;Version=1.0;",
  };
  const more = { topology: "client-client", coordination: { store } } as const;
  const diagnosis = await diagnose(optionsFor({ eastus }, more), { checks: ["stores"] });
  expect(linesOf(diagnosis, "fail")).toEqual([expect.stringMatching(/ERR_STORE_UNAVAILABLE/)]);
});
