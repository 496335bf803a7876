import { randomUUID } from "node:crypto";
import { redisStore } from "express-resilient-pubsub/stores/redis";
import { createClient } from "redis";
import { type RedisServer, startRedis } from "../../demo-app/processes/redis-server.ts";
import type { CoordinationStore } from "../../src/contract/store.ts";
import { closeAfterFile, closeAfterTest } from "../support/clean-up.ts";
import { describeWithRedis, REDIS_OR_ITS_ABSENCE } from "../support/redis-server.ts";
import { until } from "../support/until.ts";
import { soon } from "./support/soon.ts";

const in60s = 60_000;

jest.setTimeout(40_000);

describeWithRedis(`a store in ${REDIS_OR_ITS_ABSENCE}`, () => {
  let server: RedisServer;
  beforeAll(async () => {
    server = closeAfterFile(await startRedis());
  }, 60_000);

  const open = async (store: CoordinationStore) => closeAfterTest(await store.open("chat", soon()));

  async function connectClient() {
    const client = createClient({ url: server.url });
    await client.connect();
    return closeAfterTest(client);
  }

  it("forgets an observation when it has expired", async () => {
    const prefix = randomUUID();
    const connection = await open(redisStore({ url: server.url, prefix }));
    await connection.writeObservation("lasting", "text", in60s, soon());
    await connection.writeObservation("brief", "text", 50, soon());
    await until(async () => !(await connection.readObservations(soon())).has("brief"));
    expect([...(await connection.readObservations(soon())).keys()]).toEqual(["lasting"]);
    const client = await connectClient();
    expect(await client.hKeys(`${prefix}:{chat}:observations`)).toEqual(["lasting"]);
  });

  it("keeps no observation of servers that are gone, and keeps the record for ever", async () => {
    const prefix = randomUUID();
    const connection = await open(redisStore({ url: server.url, prefix }));
    await connection.replaceRecord(undefined, "text", soon());
    await connection.writeObservation("one", "text", 60, soon());
    await connection.writeObservation("two", "text", 30, soon());
    const client = await connectClient();
    await until(async () => (await client.exists(`${prefix}:{chat}:observations`)) === 0);
    expect(await client.ttl(`${prefix}:{chat}:agreement`)).toBe(-1);
  });

  it("replaces nothing by a version from before redis has lost everything", async () => {
    const prefix = randomUUID();
    const connection = await open(redisStore({ url: server.url, prefix }));
    const lost = await connection.replaceRecord(undefined, "before", soon());
    const client = await connectClient();
    await client.del(`${prefix}:{chat}:agreement`);
    await connection.replaceRecord(undefined, "after", soon());
    expect(await connection.replaceRecord(lost, "late", soon())).toBeUndefined();
  });

  it("works with a client of the app's, and leaves it open", async () => {
    const client = await connectClient();
    const store = redisStore({ client, prefix: randomUUID() });
    const connection = await open(store);
    const version = await connection.replaceRecord(undefined, "text", soon());
    expect(await connection.readRecord(soon())).toEqual({ text: "text", version });
    await connection.close();
    expect(client.isReady).toBe(true);
  });

  it("a Redis store has one client of its own for all hubs, until the last connection is closed, and again later", async () => {
    const observer = await connectClient();
    const connected = async () =>
      (await observer.sendCommand<string>(["CLIENT", "LIST"])).trim().split("\n").length - 1;
    await until(async () => (await connected()) === 0);
    const store = redisStore({ url: server.url, prefix: randomUUID() });
    const [one, two] = await Promise.all([store.open("one", soon()), store.open("two", soon())]);
    expect(await connected()).toBe(1);
    await one.close();
    await one.close();
    await two.writeObservation("server", "text", in60s, soon());
    expect(await connected()).toBe(1);
    await two.close();
    await until(async () => (await connected()) === 0);
    await expect(two.readRecord(soon())).rejects.toMatchObject({ code: "ERR_CLOSED" });
    const again = closeAfterTest(await store.open("two", soon()));
    expect((await again.readObservations(soon())).size).toBe(1);
  });

  it("sends nothing for a call whose signal is aborted already", async () => {
    const connection = await open(redisStore({ url: server.url, prefix: randomUUID() }));
    const options = { signal: AbortSignal.abort(new Error("given up")) };
    await expect(connection.replaceRecord(undefined, "text", options)).rejects.toThrow("given up");
    await expect(connection.readRecord(options)).rejects.toThrow("given up");
    await expect(redisStore({ url: server.url }).open("chat", options)).rejects.toThrow("given up");
    expect(await connection.readRecord(soon())).toBeUndefined();
  });

  it.each([
    ["a text", "agreement", "text", "x".repeat(70_000)],
    ["a version", "agreement", "version", "x".repeat(70_000)],
    ["an observation", "observations", "server", `9999999999999 ${"x".repeat(70_000)}`],
  ])("does not read %s that is longer than servers write", async (_, key, field, value) => {
    const prefix = randomUUID();
    const connection = await open(redisStore({ url: server.url, prefix }));
    const client = await connectClient();
    await client.hSet(`${prefix}:{chat}:${key}`, { version: "v", text: "t", [field]: value });
    const read =
      key === "agreement" ? connection.readRecord(soon()) : connection.readObservations(soon());
    const error = await read.catch((reason) => reason);
    expect(error).toMatchObject({ code: "ERR_STORE_UNREADABLE" });
    expect(error.message.length).toBeLessThan(400);
  });

  it("does not read more observations than servers can have left", async () => {
    const prefix = randomUUID();
    const connection = await open(redisStore({ url: server.url, prefix }));
    const client = await connectClient();
    const fields = Array.from({ length: 1_001 }, (_, index) => [
      String(index),
      "9999999999999 text",
    ]);
    await client.hSet(`${prefix}:{chat}:observations`, Object.fromEntries(fields));
    await expect(connection.readObservations(soon())).rejects.toMatchObject({
      code: "ERR_STORE_UNREADABLE",
      message: expect.stringContaining("1001 observations"),
    });
    await client.hDel(`${prefix}:{chat}:observations`, "0");
    expect((await connection.readObservations(soon())).size).toBe(1_000);
  });

  it("refuses to read keys that another application wrote", async () => {
    const prefix = randomUUID();
    const store = redisStore({ url: server.url, prefix });
    const connection = await open(store);
    const client = await connectClient();
    await client.hSet(`${prefix}:{chat}:observations`, "server", "of another's");
    const unreadable = { code: "ERR_STORE_UNREADABLE", message: expect.stringMatching(/delete/) };
    await expect(connection.readObservations(soon())).rejects.toMatchObject(unreadable);
    await client.set(`${prefix}:{chat}:agreement`, "of another's");
    await expect(connection.readRecord(soon())).rejects.toMatchObject(unreadable);
    await expect(store.open("chat", soon())).rejects.toMatchObject(unreadable);
  });
});

describeWithRedis(`a store in ${REDIS_OR_ITS_ABSENCE} that fails`, () => {
  it.each([
    ["a client of its own", (url: string) => redisStore({ url })],
    [
      "a client of the app's",
      async (url: string) => {
        const client = createClient({ url }).on("error", () => {});
        await client.connect();
        closeAfterTest({ close: () => client.destroy() });
        return redisStore({ client });
      },
    ],
  ])("ends its calls with their signals while redis is silent, with %s", async (_, makeStore) => {
    const server = closeAfterTest(await startRedis());
    const store = await makeStore(server.url);
    const connection = closeAfterTest(await store.open("chat", soon()));
    server.pause();
    // Short of what makes the connection suspicious, and beyond.
    for (const timeoutInMs of [200, 1_000]) {
      const signal = AbortSignal.timeout(timeoutInMs);
      await expect(connection.readRecord({ signal })).rejects.toMatchObject({
        name: "TimeoutError",
      });
    }
    server.resume();
    await until(() => connection.replaceRecord(undefined, "text", soon()).catch(() => undefined));
    expect((await connection.readRecord(soon()))?.text).toBe("text");
  });

  it("drops a connection that has been silent for long, and says so at once", async () => {
    const server = closeAfterTest(await startRedis());
    const connection = closeAfterTest(await redisStore({ url: server.url }).open("chat", soon()));
    server.pause();
    const signal = AbortSignal.timeout(1_200);
    await expect(connection.readRecord({ signal })).rejects.toMatchObject({ name: "TimeoutError" });
    // Sooner than the client itself would notice.
    const atOnce = { signal: AbortSignal.timeout(5_000) };
    const unavailable = { code: "ERR_STORE_UNAVAILABLE" };
    await expect(connection.readRecord(atOnce)).rejects.toMatchObject(unavailable);
    server.resume();
    await until(() => connection.readObservations(soon()).catch(() => undefined));
  });

  it("fails at once while redis is gone, and works when it is back", async () => {
    const server = closeAfterTest(await startRedis());
    const store = redisStore({ url: server.url });
    const connection = closeAfterTest(await store.open("chat", soon()));
    await server.close();
    const unavailable = {
      code: "ERR_STORE_UNAVAILABLE",
      message: expect.stringContaining("is redis up"),
    };
    await expect(connection.readRecord(soon())).rejects.toMatchObject(unavailable);
    await expect(connection.readRecord(soon())).rejects.toMatchObject(unavailable);
    closeAfterTest(await startRedis([], server.port));
    await until(() => connection.replaceRecord(undefined, "text", soon()).catch(() => undefined));
  });

  it("opens again and again until redis is there", async () => {
    const server = closeAfterTest(await startRedis());
    await server.close();
    const store = redisStore({ url: server.url });
    await expect(store.open("chat", soon())).rejects.toMatchObject({
      code: "ERR_STORE_UNAVAILABLE",
    });
    closeAfterTest(await startRedis([], server.port));
    closeAfterTest(await store.open("chat", soon()));
  });
});
