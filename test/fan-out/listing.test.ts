import { createHmac } from "node:crypto";
import { once } from "node:events";
import type { FanOutError, ListedConnection, ResilientPubSub } from "express-resilient-pubsub";
import type { Emulator } from "express-resilient-pubsub/emulator";
import WebSocket from "ws";
import { closeAfterTest } from "../support/clean-up.ts";
import { startEmulator } from "../support/emulator.ts";
import { type RawRequest, startPlugin, startRawService } from "../support/raw-service.ts";
import { until } from "../support/until.ts";

/** Two regions, with so many members of the group `crowd` in each: `east-0`, `west-0`, ... */
async function startRegions(eastern: number, western: number) {
  const calls: string[] = [];
  const start = async (name: string): Promise<Emulator> =>
    closeAfterTest(
      await startEmulator({
        hubs: { chat: { anonymousConnectPolicy: "allow" } },
        onActivity: (activity) => {
          if (activity.kind === "restCall" && activity.method === "GET") calls.push(name);
        },
      }),
    );
  const east = await start("east");
  const west = await start("west");
  const pubsub = await startPlugin({ east, west });
  await join(pubsub, "east", eastern);
  await join(pubsub, "west", western);
  return { east, west, pubsub, calls };
}

async function join(pubsub: ResilientPubSub, name: string, count: number): Promise<WebSocket[]> {
  pubsub.endpoints.forceFailover(name);
  const users = Array.from({ length: count }, (_, index) => `${name}-${index}`);
  const sockets = users.map(async (userId) => {
    const token = await pubsub.getClientAccessToken({ userId, groups: ["crowd"] });
    expect(token.endpoint).toBe(name);
    const socket = closeAfterTest(new WebSocket(token.url));
    await once(socket, "open");
    return socket;
  });
  return Promise.all(sockets);
}

async function readAll<T>(list: AsyncIterable<T>): Promise<{ read: T[]; error?: FanOutError }> {
  const read: T[] = [];
  try {
    for await (const one of list) read.push(one);
    return { read };
  } catch (error) {
    return { read, error: error as FanOutError };
  }
}

const usersOf = (list: readonly ListedConnection[]) => list.map(({ userId }) => userId).sort();
const names = (name: string, count: number) =>
  Array.from({ length: count }, (_, index) => `${name}-${index}`);

describe("all members of a group are listed, wherever they are,", () => {
  it.each<[string, object | undefined, number[]]>([
    ["at once", undefined, [3, 2]],
    ["in pages of two", { maxPageSize: 2 }, [2, 2, 1]],
    ["in pages of one", { maxPageSize: 1 }, [1, 1, 1, 1, 1]],
    ["in pages that they just fill", { maxPageSize: 3 }, [3, 2]],
    ["as many as there are", { top: 5 }, [3, 2]],
    ["more than there are", { top: 500 }, [3, 2]],
    ["more than there are, in pages", { top: 500, maxPageSize: 2 }, [2, 2, 1]],
  ])("%s", async (_, options, sizes) => {
    const { pubsub } = await startRegions(3, 2);
    const { read, error } = await readAll(pubsub.group("crowd").listConnections(options));
    expect(error).toBeUndefined();
    expect(usersOf(read)).toEqual([...names("east", 3), ...names("west", 2)]);
    for (const { userId, endpoint } of read) expect(userId).toMatch(new RegExp(`^${endpoint}-`));
    expect(new Set(read.map(({ connectionId }) => connectionId)).size).toBe(5);
    const pages = await readAll(pubsub.group("crowd").listConnections(options).byPage());
    expect(pages.read.map(({ length }) => length).sort()).toEqual([...sizes].sort());
    for (const page of pages.read) expect(new Set(page.map((one) => one.endpoint)).size).toBe(1);
  });
});

describe("no more are given than are wanted,", () => {
  it.each<[number, object]>([
    [1, {}],
    [2, { maxPageSize: 2 }],
    [5, { maxPageSize: 2 }],
    [5, {}],
    [6, { maxPageSize: 1 }],
    [7, { maxPageSize: 200 }],
  ])("neither of %i with %j nor of the same by page", async (top, options) => {
    const { pubsub } = await startRegions(4, 4);
    const list = () => pubsub.group("crowd").listConnections({ top, ...options });
    const { read, error } = await readAll(list());
    expect(error).toBeUndefined();
    expect(read).toHaveLength(top);
    expect(new Set(read.map(({ connectionId }) => connectionId)).size).toBe(top);
    expect((await readAll(list().byPage())).read.flat()).toHaveLength(top);
  });
});

it("an entry says its endpoint, and its user if that is known", async () => {
  const { pubsub } = await startRegions(1, 0);
  const anonymous = await pubsub.getClientAccessToken({ groups: ["crowd"] });
  pubsub.endpoints.forceFailover("west");
  const western = await pubsub.getClientAccessToken({ groups: ["crowd"] });
  for (const { url } of [anonymous, western]) {
    await once(closeAfterTest(new WebSocket(url)), "open");
  }
  const { read } = await readAll(pubsub.group("crowd").listConnections());
  const connectionId = expect.stringMatching(/^[\w-]{10,}$/);
  expect(read).toHaveLength(3);
  expect(read).toEqual(
    expect.arrayContaining([
      { connectionId, userId: "east-0", endpoint: "east" },
      expect.objectContaining({ connectionId, endpoint: anonymous.endpoint }),
      expect.objectContaining({ connectionId, endpoint: "west" }),
    ]),
  );
  expect(read.filter(({ userId }) => userId !== undefined && userId !== null)).toHaveLength(1);
});

it("a group with nobody in it has no entries, which is no error", async () => {
  const { pubsub } = await startRegions(1, 0);
  expect(await readAll(pubsub.group("nobody").listConnections())).toEqual({ read: [] });
  const pages = await readAll(pubsub.group("nobody").listConnections().byPage());
  expect(pages.read.flat()).toEqual([]);
});

it("no page of a list is asked for before it is read", async () => {
  const { pubsub, calls } = await startRegions(4, 0);
  const list = pubsub.group("crowd").listConnections({ maxPageSize: 1 });
  expect(calls).toEqual([]);
  await list.next();
  await list.return?.();
  await pubsub.close();
  // One page of each, and the next of the one that was read.
  expect(calls.filter((name) => name === "east").length).toBeLessThanOrEqual(2);
  expect(await list.next()).toEqual({ done: true, value: undefined });
});

it("a list can be read more than once, by entry and by page", async () => {
  const { pubsub } = await startRegions(2, 1);
  const list = pubsub.group("crowd").listConnections();
  expect((await readAll(list.byPage())).read.flat()).toHaveLength(3);
  expect((await readAll(list.byPage())).read.flat()).toHaveLength(3);
  expect((await readAll(list)).read).toHaveLength(3);
  expect((await readAll(list)).read).toHaveLength(0);
});

it("a list that is not read to its end leaves nothing behind", async () => {
  const { pubsub } = await startRegions(3, 3);
  for await (const page of pubsub.group("crowd").listConnections({ maxPageSize: 1 }).byPage()) {
    expect(page).toHaveLength(1);
    break;
  }
  const failing = async () => {
    for await (const _ of pubsub.group("crowd").listConnections({ maxPageSize: 1 })) {
      throw new Error("mine");
    }
  };
  await expect(failing()).rejects.toThrow("mine");
  await pubsub.close();
});

describe("an endpoint that fails costs the others nothing; all they have comes first, then the error:", () => {
  it.each<[string, Parameters<Emulator["inject"]>[0], object]>([
    ["it is silent", { kind: "blackhole" }, { code: "ERR_DEADLINE_EXCEEDED" }],
    ["it is broken", { kind: "gray" }, { statusCode: 500 }],
    ["it is throttled", { kind: "throttle" }, { statusCode: 429 }],
    ["it is away", { kind: "crash" }, { code: expect.stringMatching(/^ECONN|^UND_ERR_SOCKET$/) }],
  ])("%s", async (_, fault, error) => {
    const { pubsub, west } = await startRegions(5, 2);
    await west.inject(fault);
    const options = { maxPageSize: 2, timeoutInMs: 400 };
    const list = pubsub.group("crowd").listConnections(options);
    const result = await readAll(list);
    expect(usersOf(result.read)).toEqual(names("east", 5));
    expect(result.error).toMatchObject({
      name: "FanOutError",
      code: "ERR_FAN_OUT_FAILED",
      message: expect.stringMatching(/^group\.listConnections reached only east: west failed \(/),
      report: { delivered: ["east"], failed: [{ endpoint: "west", error }], skipped: [] },
    });
    expect(result.error?.report.outcomes[0]).toMatchObject({ endpoint: "east", attempts: 3 });
    expect(await list.next()).toEqual({ done: true, value: undefined });
  });

  it("except when it is out of use, which is no failure", async () => {
    const { pubsub, west } = await startRegions(2, 2);
    await west.inject({ kind: "crash" });
    await untilDown(pubsub, "west");
    const { read, error } = await readAll(pubsub.group("crowd").listConnections());
    expect(usersOf(read)).toEqual(names("east", 2));
    expect(error).toBeUndefined();
  });

  it("when all are out of use", async () => {
    const { pubsub, east, west } = await startRegions(1, 0);
    await Promise.all([east.inject({ kind: "crash" }), west.inject({ kind: "crash" })]);
    await untilDown(pubsub, "east", "west");
    const { read, error } = await readAll(pubsub.group("crowd").listConnections());
    expect(read).toEqual([]);
    expect(error).toMatchObject({ code: "ERR_FAN_OUT_FAILED", report: { delivered: [] } });
  });
});

/** Until failing calls have made the plugin look at these, and find them down. */
async function untilDown(pubsub: ResilientPubSub, ...down: string[]): Promise<void> {
  await until(async () => {
    await pubsub.broadcast("hi").catch(() => {});
    const { length } = pubsub.endpoints.snapshot().filter(({ state }) => state === "unhealthy");
    return length === down.length;
  });
}

describe("pages of one endpoint,", () => {
  const path = "/api/hubs/chat/groups/crowd/connections";

  /** Three pages of one member each; `refuse` has a say in each request. */
  async function startPages(refuse: (page: number, count: number) => number | undefined) {
    const counts = new Map<number, number>();
    const service = await startRawService((res, { url }) => {
      const page = Number(new URL(url, "http://x").searchParams.get("continuationToken") ?? 1);
      const count = (counts.get(page) ?? 0) + 1;
      counts.set(page, count);
      const status = refuse(page, count);
      if (status !== undefined) return void res.writeHead(status, { "Retry-After": "0" }).end();
      const next = `${service.url}${path}?continuationToken=${page + 1}&api-version=2024-12-01`;
      const value = [{ connectionId: `c${page}`, userId: "ada" }];
      res.writeHead(200, { "Content-Type": "application/json" });
      res.end(JSON.stringify({ value, ...(page < 3 && { nextLink: next }) }));
    });
    return { service, pubsub: await startPlugin({ east: service }) };
  }

  const isSigned = ({ headers }: RawRequest, url: string, key: string): boolean => {
    const [, header, payload, signature] =
      /^Bearer ([\w-]+)\.([\w-]+)\.([\w-]+)$/.exec(headers.authorization ?? "") ?? [];
    const { aud } = JSON.parse(Buffer.from(payload ?? "", "base64url").toString());
    const expected = createHmac("sha256", key).update(`${header}.${payload}`).digest("base64url");
    return signature === expected && aud === url;
  };

  it("each of which is signed for its own URL", async () => {
    const { service, pubsub } = await startPages(() => undefined);
    const { read } = await readAll(pubsub.group("crowd").listConnections({ maxPageSize: 1 }));
    expect(read.map(({ connectionId }) => connectionId)).toEqual(["c1", "c2", "c3"]);
    expect(service.requests.map(({ url }) => new URL(url, "http://x").search)).toEqual([
      "?api-version=2024-12-01&maxpagesize=1",
      "?continuationToken=2&api-version=2024-12-01",
      "?continuationToken=3&api-version=2024-12-01",
    ]);
    for (const request of service.requests) {
      expect(isSigned(request, service.url + request.url, "the-key-of-a-raw-service")).toBe(true);
    }
  });

  it.each([1, 2, 3])("of which number %i is throttled once, are all read once", async (slow) => {
    const { service, pubsub } = await startPages((page, count) =>
      page === slow && count === 1 ? 429 : undefined,
    );
    const { read, error } = await readAll(pubsub.group("crowd").listConnections());
    expect(error).toBeUndefined();
    expect(read.map(({ connectionId }) => connectionId)).toEqual(["c1", "c2", "c3"]);
    expect(service.requests).toHaveLength(4);
  });

  it("of which one fails, are read up to there", async () => {
    const { pubsub } = await startPages((page) => (page === 3 ? 500 : undefined));
    const { read, error } = await readAll(pubsub.group("crowd").listConnections());
    expect(read.map(({ connectionId }) => connectionId)).toEqual(["c1", "c2"]);
    expect(error).toMatchObject({
      report: { delivered: [], failed: [{ endpoint: "east", error: { statusCode: 500 } }] },
    });
    expect(error?.report.outcomes[0]).toMatchObject({ attempts: 3, status: 500 });
  });

  it("each of which has the deadline for itself", async () => {
    const { pubsub } = await startPages(() => undefined);
    const list = pubsub.group("crowd").listConnections({ timeoutInMs: 300 });
    const read: unknown[] = [];
    for await (const { connectionId } of list) {
      read.push(connectionId);
      // The reader may take as long as it likes.
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    expect(read).toEqual(["c1", "c2", "c3"]);
  });

  it("of which one comes when nobody wants to wait any longer", async () => {
    const { pubsub } = await startPages(() => undefined);
    const controller = new AbortController();
    const abortSignal = controller.signal;
    const list = pubsub.group("crowd").listConnections({ abortSignal });
    await list.next();
    controller.abort(new Error("enough"));
    const { read, error } = await readAll(list);
    expect(read.length).toBeLessThan(2);
    expect(error?.message).toMatch(/enough|reached nobody/);
    expect(pubsub.endpoints.snapshot()[0]?.state).toBe("healthy");
  });
});

describe("while a list is read,", () => {
  it("members who come and go do not take others out of it", async () => {
    const { pubsub, east } = await startRegions(6, 0);
    const read: ListedConnection[] = [];
    for await (const page of pubsub.group("crowd").listConnections({ maxPageSize: 2 }).byPage()) {
      if (page.length === 0) continue;
      // Of each page, one leaves as soon as it has been read; and somebody comes.
      await pubsub.closeConnection(page[0]?.connectionId ?? "");
      if (read.length < 4) await join(pubsub, "west", 1);
      read.push(...page);
    }
    expect(usersOf(read.filter(({ endpoint }) => endpoint === "east"))).toEqual(names("east", 6));
    expect(new Set(read.map(({ connectionId }) => connectionId)).size).toBe(read.length);
    await east.clear();
  });

  it("the endpoints of its members become known: what is sent to one goes there only", async () => {
    const { pubsub } = await startRegions(0, 1);
    const { read } = await readAll(pubsub.group("crowd").listConnections());
    const { connectionId = "" } = read[0] ?? {};
    expect(await pubsub.sendToConnection(connectionId, "hi")).toEqual({
      delivered: ["west"],
      failed: [],
      skipped: [{ endpoint: "east", reason: "other-endpoint" }],
    });
  });
});
