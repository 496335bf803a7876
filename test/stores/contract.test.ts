import { randomUUID } from "node:crypto";
import { azureBlobStore } from "express-resilient-pubsub/stores/azure-blob";
import { redisStore } from "express-resilient-pubsub/stores/redis";
import { type Azurite, startAzurite } from "../../demo-app/processes/azurite.ts";
import { type RedisServer, startRedis } from "../../demo-app/processes/redis-server.ts";
import type { CoordinationStore, StoreConnection } from "../../src/contract/store.ts";
import { memoryStore } from "../../src/stores/memory-store.ts";
import { maxTextBytes } from "../../src/stores/text-limit.ts";
import { closeAfterFile, closeAfterTest } from "../support/clean-up.ts";
import { isRedisInstalled } from "../support/is-redis-installed.ts";

/** Something for stores to keep their things in. */
interface Backend {
  readonly name: string;
  readonly isAbsent?: boolean;
  /** A function that makes stores which see each other, but not those of other tests. */
  makeStores(): () => CoordinationStore;
}

let azurite: Azurite;
let redis: RedisServer | undefined;
beforeAll(async () => {
  azurite = closeAfterFile(await startAzurite());
  redis = isRedisInstalled ? closeAfterFile(await startRedis()) : undefined;
}, 60_000);

const memory: Backend = {
  name: "memory",
  makeStores() {
    const store = memoryStore();
    return () => store;
  },
};
const azureBlob: Backend = {
  name: "azure-blob",
  makeStores() {
    const { connectionString } = azurite;
    const container = `test-${randomUUID()}`;
    return () => azureBlobStore({ connectionString, container });
  },
};
const redisByUrl: Backend = {
  name: "redis",
  isAbsent: !isRedisInstalled,
  makeStores() {
    const prefix = randomUUID();
    return () => redisStore({ url: redis?.url ?? "", prefix });
  },
};

const signal = () => AbortSignal.timeout(20_000);
const keepForInMs = 60_000;
// Four KiB as they travel.
const longText = "\u{1F30D} naïve\n".repeat(1000).slice(0, 3100);
const oddNames = ["a.b", "a", "chat[1]", "x`y", "..", "a/b", "a%2Fb", "größe", "{x}", "x}y"];

const cases: Record<string, (open: (hub?: string) => Promise<StoreConnection>) => Promise<void>> = {
  async "there is no record at first"(open) {
    const connection = await open();
    expect(await connection.readRecord({ signal: signal() })).toBeUndefined();
    expect(await connection.readObservations({ signal: signal() })).toEqual(new Map());
  },

  async "what is written can be read, with its version"(open) {
    const connection = await open();
    const version = await connection.replaceRecord(undefined, "first", { signal: signal() });
    const found = await connection.readRecord({ signal: signal() });
    expect(found).toEqual({ text: "first", version: expect.any(String) });
    expect(found?.version).toBe(version);
  },

  async "a record is created only once"(open) {
    const connection = await open();
    await connection.replaceRecord(undefined, "first", { signal: signal() });
    const again = await connection.replaceRecord(undefined, "second", { signal: signal() });
    expect(again).toBeUndefined();
    expect((await connection.readRecord({ signal: signal() }))?.text).toBe("first");
  },

  async "of many calls that create the record at once, one does"(open) {
    const connections = [await open(), await open()];
    await expectOneWinner(connections, undefined);
  },

  async "of many calls that replace the same version at once, one does"(open) {
    const connections = [await open(), await open()];
    const options = { signal: signal() };
    const version = await connections[0]?.replaceRecord(undefined, "before", options);
    await expectOneWinner(connections, version);
  },

  async "a stale version replaces nothing"(open) {
    const connection = await open();
    const options = { signal: signal() };
    const first = await connection.replaceRecord(undefined, "first", options);
    const second = await connection.replaceRecord(first, "second", options);
    expect(second).toEqual(expect.any(String));
    expect(await connection.replaceRecord(first, "third", options)).toBeUndefined();
    expect(await connection.readRecord(options)).toEqual({ text: "second", version: second });
  },

  async "a version names one state, although the text be the same again"(open) {
    const connection = await open();
    const options = { signal: signal() };
    const first = await connection.replaceRecord(undefined, "A", options);
    const second = await connection.replaceRecord(first, "B", options);
    const third = await connection.replaceRecord(second, "A", options);
    expect(new Set([first, second, third]).size).toBe(3);
    expect(await connection.replaceRecord(first, "C", options)).toBeUndefined();
  },

  async "a version that never was replaces nothing"(open) {
    const other = await open("other");
    const version = await other.replaceRecord(undefined, "text", { signal: signal() });
    const connection = await open();
    expect(await connection.replaceRecord(version, "text", { signal: signal() })).toBeUndefined();
    expect(await connection.readRecord({ signal: signal() })).toBeUndefined();
  },

  async "hubs do not see each other, whatever their names"(open) {
    const options = { signal: signal() };
    for (const hub of oddNames) {
      const connection = await open(hub);
      expect(await connection.replaceRecord(undefined, hub, options)).toEqual(expect.any(String));
      await connection.writeObservation("server", hub, keepForInMs, options);
    }
    for (const hub of oddNames) {
      const connection = await open(hub);
      expect((await connection.readRecord(options))?.text).toBe(hub);
      expect(await connection.readObservations(options)).toEqual(new Map([["server", hub]]));
    }
  },

  async "hubs are one, whatever their case"(open) {
    const options = { signal: signal() };
    const connection = await open("Chat");
    const version = await connection.replaceRecord(undefined, "text", options);
    await connection.writeObservation("server", "seen", keepForInMs, options);
    for (const hub of ["chat", "CHAT", "cHat"]) {
      const other = await open(hub);
      expect(await other.readRecord(options)).toEqual({ text: "text", version });
      expect(await other.readObservations(options)).toEqual(new Map([["server", "seen"]]));
    }
  },

  async "a text that no server would read is not written"(open) {
    const options = { signal: signal() };
    const connection = await open();
    const refused = {
      code: "ERR_STORE_REFUSED",
      message: expect.stringContaining("shorter names"),
    };
    // In bytes, and not in characters.
    for (const text of ["x".repeat(maxTextBytes + 1), "\u{1F30D}".repeat(maxTextBytes / 4 + 1)]) {
      await expect(connection.replaceRecord(undefined, text, options)).rejects.toMatchObject(
        refused,
      );
      await expect(
        connection.writeObservation("server", text, keepForInMs, options),
      ).rejects.toMatchObject({ code: "ERR_STORE_REFUSED" });
    }
    expect(await connection.readRecord(options)).toBeUndefined();
    expect(await connection.readObservations(options)).toEqual(new Map());
    const longest = "\u{1F30D}".repeat(maxTextBytes / 4);
    const version = await connection.replaceRecord(undefined, longest, options);
    expect(await connection.readRecord(options)).toEqual({ text: longest, version });
  },

  async "the last observation of every server is read, whatever its name"(open) {
    const options = { signal: signal() };
    const [connection, other] = [await open(), await open()];
    for (const server of oddNames) {
      await connection.writeObservation(server, "before", keepForInMs, options);
      await other.writeObservation(server, `now ${server}`, keepForInMs, options);
    }
    const expected = new Map(oddNames.map((server) => [server, `now ${server}`]));
    expect(await connection.readObservations(options)).toEqual(expected);
  },

  async "an observation can be removed, also one that was never written"(open) {
    const options = { signal: signal() };
    const connection = await open();
    await connection.writeObservation("one", "text", keepForInMs, options);
    await connection.writeObservation("two", "text", keepForInMs, options);
    await connection.removeObservation("one", options);
    await connection.removeObservation("unknown", options);
    expect([...(await connection.readObservations(options)).keys()]).toEqual(["two"]);
  },

  async "texts are read as they were written, also long and empty ones"(open) {
    const options = { signal: signal() };
    const connection = await open();
    const version = await connection.replaceRecord(undefined, longText, options);
    await connection.writeObservation("server", longText, keepForInMs, options);
    await connection.writeObservation("silent", "", keepForInMs, options);
    expect(await connection.readRecord(options)).toEqual({ text: longText, version });
    const expected = new Map([
      ["server", longText],
      ["silent", ""],
    ]);
    expect(await connection.readObservations(options)).toEqual(expected);
  },

  async "closing twice is harmless, and leaves other connections open"(open) {
    const [connection, other] = [await open(), await open()];
    await connection.replaceRecord(undefined, "text", { signal: signal() });
    await connection.close();
    await connection.close();
    expect((await other.readRecord({ signal: signal() }))?.text).toBe("text");
    await other.close();
    const reopened = await open();
    expect((await reopened.readRecord({ signal: signal() }))?.text).toBe("text");
  },
};

async function expectOneWinner(
  connections: StoreConnection[],
  expected: string | undefined,
): Promise<void> {
  const texts = Array.from({ length: 20 }, (_, index) => `text ${index}`);
  const versions = await Promise.all(
    texts.map((text, index) =>
      connections[index % connections.length]?.replaceRecord(expected, text, { signal: signal() }),
    ),
  );
  const winners = versions.flatMap((version, index) =>
    version === undefined ? [] : [{ text: texts[index], version }],
  );
  expect(winners).toHaveLength(1);
  expect(await connections[0]?.readRecord({ signal: signal() })).toEqual(winners[0]);
}

describe.each([memory, azureBlob, redisByUrl])("the store $name", ({ isAbsent, makeStores }) => {
  if (isAbsent) {
    it.skip("is not tried: there is no redis-server on the PATH", () => {});
    return;
  }
  it.each(Object.entries(cases))(
    "%s",
    async (_, run) => {
      const makeStore = makeStores();
      // Every connection is of a store of its own, as in a process of its own.
      await run(async (hub = "chat") =>
        closeAfterTest(await makeStore().open(hub, { signal: signal() })),
      );
    },
    30_000,
  );
});
