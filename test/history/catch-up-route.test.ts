import express from "express";
import { memoryHistory, resilientPubSub } from "express-resilient-pubsub";
import { redisHistory } from "express-resilient-pubsub/stores/redis";
import { startRedis } from "../../demo-app/processes/redis-server.ts";
import { closeAfterTest } from "../support/clean-up.ts";
import { isRedisInstalled } from "../support/is-redis-installed.ts";
import { REDIS_OR_ITS_ABSENCE } from "../support/redis-server.ts";
import { fetchAnswer } from "../support/regions.ts";
import { serve } from "../support/serve.ts";
import { until } from "../support/until.ts";
import { dataOf, forged, startHistory } from "./support/catching-up.ts";

const JOINS_NEWS = "role=webpubsub.joinLeaveGroup.news";

describe("a client catches up with", () => {
  it("nothing, when it has missed nothing", async () => {
    const { negotiate, catchUp } = await startHistory();
    const ada = await negotiate("user=ada&group=news");
    const { status, body, headers } = await catchUp(ada);
    expect(status).toBe(200);
    expect(headers.get("cache-control")).toBe("no-store");
    const current = { recovered: true, messages: [] };
    expect(body).toEqual({
      streams: {
        a: { position: ada.positions.a, ...current },
        u: { position: ada.positions.u, ...current },
        "g:news": { position: ada.positions["g:news"], ...current },
      },
    });
  });

  it("what was sent to everybody, to its group and to its user, in order, and nothing else", async () => {
    const { pubsub, negotiate, catchUp } = await startHistory();
    const ada = await negotiate("user=ada&group=news");
    await pubsub.broadcast({ n: 1 });
    await pubsub.broadcast("zwölf", { contentType: "text/plain" });
    await pubsub.group("news").sendToAll(new Uint8Array([0, 255]));
    await pubsub.group("other").sendToAll({ n: 9 });
    await pubsub.sendToUser("ada", { n: 3 });
    await pubsub.sendToUser("bob", { n: 9 });
    const { body } = await catchUp(ada);
    const id = expect.any(String);
    expect(body.streams).toEqual({
      a: {
        position: expect.stringMatching(/:2$/),
        recovered: true,
        messages: [
          { o: 1, id, t: "json", d: { n: 1 } },
          { o: 2, id, t: "text", d: "zwölf" },
        ],
      },
      u: {
        position: expect.stringMatching(/:1$/),
        recovered: true,
        messages: [{ o: 1, id, t: "json", d: { n: 3 } }],
      },
      "g:news": {
        position: expect.stringMatching(/:1$/),
        recovered: true,
        messages: [{ o: 1, id, t: "binary", d: "AP8=" }],
      },
    });
  });

  it("only what came after the position that it was told last", async () => {
    const { pubsub, negotiate, catchUp } = await startHistory();
    const ada = await negotiate();
    await pubsub.broadcast(1);
    const { body: first } = await catchUp(ada);
    await pubsub.broadcast(2);
    const since = { a: first.streams.a.position };
    expect(dataOf((await catchUp(ada, { since })).body.streams.a)).toEqual([2]);
  });

  it("the place alone of what its connections were not sent", async () => {
    const { pubsub, negotiate, catchUp } = await startHistory();
    const ada = await negotiate();
    await pubsub.broadcast(1, { excludedConnections: ["c1"] });
    await pubsub.broadcast(2);
    const { body } = await catchUp(ada, { connections: ["c0", "c1"] });
    expect(body.streams.a.messages).toEqual([{ o: 1, skip: 1 }, expect.objectContaining({ d: 2 })]);
    expect(dataOf((await catchUp(ada)).body.streams.a)).toEqual([1, 2]);
  });

  it("as many messages as one answer holds, but nothing of one more", async () => {
    const { pubsub, negotiate, catchUp } = await startHistory({ appendTimeoutInMs: 5000 });
    const ada = await negotiate();
    await Promise.all(Array.from({ length: 1000 }, (_, index) => pubsub.broadcast(index)));
    expect((await catchUp(ada)).body.streams.a.messages).toHaveLength(1000);
    await pubsub.broadcast(1000);
    expect((await catchUp(ada)).body.streams.a).toEqual({
      position: expect.stringMatching(/:1001$/),
      recovered: false,
      reason: "too-far",
      messages: [],
    });
  });

  it("nothing of more than a mebibyte", async () => {
    const { pubsub, negotiate, catchUp } = await startHistory();
    const ada = await negotiate();
    for (let sent = 0; sent < 4; sent += 1) await pubsub.broadcast("x".repeat(270_000));
    const { recovered, reason } = (await catchUp(ada)).body.streams.a;
    expect({ recovered, reason }).toEqual({ recovered: false, reason: "too-far" });
  });

  it("nothing where a part of it is kept no more", async () => {
    const { pubsub, negotiate, catchUp } = await startHistory({
      maxMessages: 3,
      appendTimeoutInMs: 5000,
    });
    const ada = await negotiate();
    for (const n of [1, 2, 3, 4, 5, 6, 7, 8, 9]) await pubsub.broadcast(n);
    const { recovered, reason, messages } = (await catchUp(ada)).body.streams.a;
    expect({ recovered, reason, messages }).toEqual({
      recovered: false,
      reason: "trimmed",
      messages: [],
    });
  });

  it.each<[string, (position: string) => Record<string, unknown>]>([
    ["that was of another epoch", () => ({ since: { a: "ZZZZZZZZ:0" } })],
    ["that was beyond the end", (position) => ({ since: { a: position.replace(/\d+$/, "9") } })],
    [
      "though it had seen one beyond the end",
      (position) => ({ seen: { a: position.replace(/\d+$/, "9") } }),
    ],
  ])("nothing after a position %s: rule 11", async (_, difference) => {
    const { negotiate, catchUp } = await startHistory();
    const ada = await negotiate();
    const { body } = await catchUp(ada, difference(ada.positions.a));
    expect(body.streams.a).toEqual({
      position: ada.positions.a,
      recovered: false,
      reason: "epoch",
      messages: [],
    });
  });
});

describe.each<[string, boolean]>([
  ["in memory", true],
  [REDIS_OR_ITS_ABSENCE, isRedisInstalled],
])("of a history %s", (where, isThere) => {
  const itIfThere = isThere ? it : it.skip;
  const start = async () => {
    const redis = where === "redis" ? closeAfterTest(await startRedis()) : undefined;
    const store = redis ? redisHistory({ url: redis.url }) : memoryHistory();
    return startHistory({ store, appendTimeoutInMs: 5000, replayOnJoin: 2 });
  };

  itIfThere("a herd gets all that it lacks, each from its place", async () => {
    const { pubsub, negotiate, catchUp } = await start();
    const herd: Awaited<ReturnType<typeof negotiate>>[] = [];
    for (let n = 1; n <= 5; n += 1) {
      herd.push(await negotiate(`user=u${n}&group=news`));
      await Promise.all([pubsub.broadcast(n), pubsub.group("news").sendToAll({ n })]);
    }
    const answers = await Promise.all([...herd, ...herd].map((one) => catchUp(one)));
    expect(answers.map(({ body }) => dataOf(body.streams.a).join(""))).toEqual(
      [..."1234512345"].map((first) => "12345".slice(Number(first) - 1)),
    );
    expect(answers.map(({ body }) => body.streams["g:news"].messages.length)).toEqual([
      5, 4, 3, 2, 1, 5, 4, 3, 2, 1,
    ]);
    const joined = await catchUp(herd[4] as never, { since: { "g:news": "" } });
    expect(dataOf(joined.body.streams["g:news"])).toEqual([{ n: 4 }, { n: 5 }]);
  });
});

describe("a client that has just joined a group", () => {
  it("is told where the group is, and no more by default", async () => {
    const { pubsub, negotiate, catchUp } = await startHistory();
    const ada = await negotiate(`user=ada&${JOINS_NEWS}`);
    await pubsub.group("news").sendToAll(1);
    expect((await catchUp(ada, { since: { "g:news": "" } })).body.streams["g:news"]).toEqual({
      position: expect.stringMatching(/^[\w-]{8}:1$/),
      recovered: true,
      messages: [],
    });
  });

  it.each<[string, number | ((group: string) => number), unknown[]]>([
    ["the last value", 1, [3]],
    ["as many as there are", 100, [1, 2, 3]],
    ["as many as the application says for the group", (group) => group.length - 2, [2, 3]],
  ])("gets %s, from before it came as well", async (_, replayOnJoin, data) => {
    const { pubsub, negotiate, catchUp } = await startHistory({
      replayOnJoin,
      appendTimeoutInMs: 5000,
    });
    for (const n of [1, 2, 3]) await pubsub.group("news").sendToAll(n);
    const ada = await negotiate(`user=ada&${JOINS_NEWS}`);
    const { body } = await catchUp(ada, { since: { "g:news": "" } });
    expect(dataOf(body.streams["g:news"])).toEqual(data);
  });

  it.each<[string, () => number]>([
    [
      "throws",
      () => {
        throw new Error("no idea");
      },
    ],
    ["says what is no number of messages", () => Number.NaN],
    ["says too many", () => 101],
  ])("gets none where the application %s, which is told", async (_, replayOnJoin) => {
    const { pubsub, log, negotiate, catchUp } = await startHistory({
      replayOnJoin,
      appendTimeoutInMs: 5000,
    });
    pubsub.events.on("handlerError", ({ handler }) => void log.push(handler));
    await pubsub.group("news").sendToAll(1);
    const ada = await negotiate(`user=ada&${JOINS_NEWS}`);
    const { body } = await catchUp(ada, { since: { "g:news": "" } });
    expect(body.streams["g:news"]).toMatchObject({ recovered: true, messages: [] });
    expect(log).toContain("history.replayOnJoin");
  });
});

describe("a client may read", () => {
  const world = (authorize?: () => boolean | Promise<boolean>) =>
    startHistory({
      authorize,
      appendTimeoutInMs: 5000,
      groups: (name) => name !== "cursors",
    });
  it.each<[string, string, string, boolean]>([
    ["the stream of the hub", "user=ada", "a", true],
    ["that of its user", "user=ada", "u", true],
    ["that of a group of its token", "user=ada&group=news", "g:news", true],
    [
      "that of a group that it may join",
      "user=ada&role=webpubsub.joinLeaveGroup.news",
      "g:news",
      true,
    ],
    ["not that of any other group", "user=ada&group=other", "g:news", false],
    [
      "not that of a group that it may send to",
      "user=ada&role=webpubsub.sendToGroup.news",
      "g:news",
      false,
    ],
    ["not that of a group that is not kept", "user=ada&group=cursors", "g:cursors", false],
    [
      "not that of a group of this package",
      `user=ada&group=resilient-pubsub.continuity`,
      "g:resilient-pubsub.continuity",
      false,
    ],
  ])("%s", async (_, query, name, isReadable) => {
    const { negotiate, catchUp } = await world();
    const { body } = await catchUp(await negotiate(query), { since: { [name]: "" } });
    const forbidden = { position: "", recovered: false, reason: "forbidden", messages: [] };
    expect(body.streams[name]).toEqual(
      isReadable ? expect.objectContaining({ recovered: true }) : forbidden,
    );
  });

  it("other streams, beside one that it may not read", async () => {
    const { pubsub, negotiate, catchUp } = await world();
    const ada = await negotiate();
    await pubsub.broadcast(1);
    const { body } = await catchUp(ada, { since: { ...ada.positions, "g:news": "AAAAAAAA:1" } });
    expect(body.streams["g:news"].reason).toBe("forbidden");
    expect(dataOf(body.streams.a)).toEqual([1]);
  });

  it("what the application lets it, which is asked once for each grant and group", async () => {
    const asked: unknown[] = [];
    const { negotiate, catchUp } = await startHistory({
      appendTimeoutInMs: 5000,
      authorize: (req, reader) => {
        asked.push([req.method, reader]);
        return reader.group === "vip";
      },
    });
    const ada = await negotiate();
    for (let times = 0; times < 3; times += 1) {
      const { streams } = (await catchUp(ada, { since: { "g:vip": "", "g:other": "" } })).body;
      expect([streams["g:vip"].recovered, streams["g:other"].reason]).toEqual([true, "forbidden"]);
    }
    expect(asked).toEqual([
      ["POST", { userId: "ada", group: "vip" }],
      ["POST", { userId: "ada", group: "other" }],
    ]);
    await catchUp(await negotiate(), { since: { "g:vip": "" } });
    expect(asked).toHaveLength(3);
  });

  it.each<[string, () => boolean | Promise<boolean>]>([
    [
      "throws",
      () => {
        throw new Error("broken");
      },
    ],
    ["rejects", () => Promise.reject(new Error("broken"))],
    ["says something else than yes", () => "yes" as never],
  ])("nothing of a group where the application %s", async (_, authorize) => {
    const failed: string[] = [];
    const { pubsub, negotiate, catchUp } = await world(authorize);
    pubsub.events.on("handlerError", ({ handler }) => void failed.push(handler));
    const { body } = await catchUp(await negotiate(), { since: { "g:vip": "" } });
    expect(body.streams["g:vip"].reason).toBe("forbidden");
    expect(failed).toEqual(String(authorize).includes("yes") ? [] : ["history.authorize"]);
  });

  it("nothing from before it was let in, unless it shows that it was there", async () => {
    const { pubsub, negotiate, catchUp } = await startHistory();
    const now = Date.now();
    const first = await negotiate();
    await pubsub.broadcast(1);
    jest.spyOn(Date, "now").mockReturnValue(now + 60_000);
    const stranger = await negotiate();
    const back = await negotiate(`user=ada&grant=${first.grant}`);
    const other = await negotiate(`user=bob&grant=${first.grant}`);
    jest.restoreAllMocks();
    const since = { a: first.positions.a };
    const read = async ({ grant }: { grant: string }) =>
      (await catchUp({ grant, positions: {} }, { since })).body.streams.a;
    expect(dataOf(await read(back))).toEqual([1]);
    for (const one of [stranger, other]) {
      expect(await read(one)).toMatchObject({
        recovered: false,
        reason: "forbidden",
        messages: [],
      });
    }
  });
});

describe("a request that is refused reads nothing:", () => {
  const long = { length: 10_000 };
  it.each<[string, (grant: string) => unknown, number, string]>([
    ["no JSON", () => "{", 400, "ERR_HISTORY_REQUEST"],
    [
      "a negative offset",
      (grant) => ({ grant, since: { a: "AAAAAAAA:-1" } }),
      400,
      "ERR_HISTORY_REQUEST",
    ],
    [
      "what is no offset",
      (grant) => ({ grant, since: { a: "AAAAAAAA:x" } }),
      400,
      "ERR_HISTORY_REQUEST",
    ],
    [
      "the stream of another user",
      (grant) => ({ grant, since: { "u:bob": "" } }),
      400,
      "ERR_HISTORY_REQUEST",
    ],
    [
      "65 streams",
      (grant) => ({
        grant,
        since: Object.fromEntries(Array.from({ length: 65 }, (_, n) => [`g:${n}`, ""])),
      }),
      413,
      "ERR_HISTORY_REQUEST",
    ],
    [
      "10,000 streams",
      (grant) => ({ grant, since: Object.fromEntries(Array.from(long, (_, n) => [`g:${n}`, ""])) }),
      413,
      "ERR_HISTORY_REQUEST",
    ],
    [
      "more than 64 KiB",
      (grant) => ({ grant, since: {}, x: "x".repeat(65_536) }),
      413,
      "ERR_HISTORY_REQUEST",
    ],
    ["no grant", () => ({ grant: "", since: {} }), 401, "ERR_HISTORY_GRANT"],
    ["a forged grant", (grant) => ({ grant: forged(grant), since: {} }), 401, "ERR_HISTORY_GRANT"],
    [
      "a grant that was cut off",
      (grant) => ({ grant: grant.slice(0, -1), since: {} }),
      401,
      "ERR_HISTORY_GRANT",
    ],
  ])("%s", async (_, body, status, code) => {
    const { negotiate, post } = await startHistory();
    const { grant } = await negotiate();
    const answer = await post(body(grant));
    expect(answer.headers.get("content-type")).toContain("application/problem+json");
    expect(answer).toMatchObject({ status, body: { status, code } });
  });

  it("a grant that is for reviews only", async () => {
    const { url, post } = await startHistory();
    const { body } = await fetchAnswer(`${url}/negotiate?user=ada`);
    expect(await post({ grant: body.grant, since: {} })).toMatchObject({
      status: 401,
      body: { code: "ERR_HISTORY_GRANT" },
    });
  });

  it("a grant that has expired", async () => {
    const { negotiate, catchUp } = await startHistory();
    const ada = await negotiate();
    const now = Date.now();
    jest.spyOn(Date, "now").mockReturnValue(now + 3_601_000);
    expect((await catchUp(ada)).status).toBe(401);
    jest.restoreAllMocks();
  });

  it("a grant of another hub", async () => {
    const { eastus, negotiate } = await startHistory();
    const news = closeAfterTest(
      resilientPubSub({
        hub: "news",
        endpoints: [{ name: "eastus", role: "primary", connectionString: eastus.connectionString }],
        negotiate: { allowAnonymous: true },
        history: true,
      }),
    );
    const { url } = closeAfterTest(await serve(express().use(news)));
    const { grant } = await negotiate();
    const body = JSON.stringify({ grant, since: {} });
    const answer = await fetchAnswer(`${url}/negotiate/history`, { method: "POST", body });
    expect(answer).toMatchObject({ status: 401, body: { code: "ERR_HISTORY_GRANT" } });
  });
});

describe("it makes no difference", () => {
  it.each<[string, (app: express.Express) => void, string]>([
    ["whether express.json() ran first", (app) => app.use(express.json()), "application/json"],
    ["whether express.text() did", (app) => app.use(express.text()), "text/plain"],
    ["whether the body is said to be JSON", () => {}, "text/plain"],
    ["whether it is said what the body is", () => {}, ""],
  ])("%s", async (_, prepare, contentType) => {
    const { pubsub, negotiate, post } = await startHistory(
      { appendTimeoutInMs: 5000 },
      { prepare },
    );
    const { grant, positions } = await negotiate();
    await pubsub.broadcast(1);
    const headers: Record<string, string> =
      contentType === "" ? {} : { "Content-Type": contentType };
    const { body } = await post({ grant, since: { a: positions.a } }, { headers });
    expect(dataOf(body.streams.a)).toEqual([1]);
  });
});

describe("a client asks for a review with it", () => {
  it.each<[string, string | undefined, object | undefined]>([
    ["and stays on a healthy endpoint", "eastus", undefined],
    ["and stays on one that nobody knows", "northus", undefined],
    ["and is told to move", "westus", { move: true, reason: "evacuated" }],
    ["not, and is told nothing", undefined, undefined],
  ])("%s", async (_, endpoint, review) => {
    const { pubsub, negotiate, catchUp } = await startHistory();
    const ada = await negotiate();
    pubsub.endpoints.remove("westus");
    const { body } = await catchUp(ada, endpoint ? { at: { endpoint } } : {});
    expect(body.review).toEqual(review);
    expect(body.streams.a.recovered).toBe(true);
  });

  it("and is counted, and told over how long to spread, as by a review", async () => {
    const { negotiate, catchUp } = await startHistory(undefined, {
      negotiate: { reviewAfterInMs: 100 },
      prepare: (app) =>
        app.use((_req, res, next) => {
          res.setHeader("Access-Control-Allow-Origin", "*");
          next();
        }),
    });
    const ada = await negotiate();
    await until(async () => {
      const { headers } = await catchUp(ada, { at: { endpoint: "eastus" } });
      const isTold = headers.has("reconnect-spread-in-ms");
      const exposed = headers.get("access-control-expose-headers") ?? "";
      return isTold && exposed.toLowerCase().includes("reconnect-spread-in-ms");
    });
  });
});

describe("a herd", () => {
  it("is admitted at the rate of negotiates where it is to be given messages", async () => {
    const { pubsub, negotiate, catchUp } = await startHistory(undefined, {
      negotiate: { maxPerSecond: 0.01 },
    });
    const ada = await negotiate();
    expect((await catchUp(ada)).status).toBe(200);
    await pubsub.broadcast(1);
    expect((await catchUp(ada)).status).toBe(200);
    const { status, body, headers } = await catchUp(ada);
    expect({ status, code: body.code }).toEqual({ status: 503, code: "ERR_OVERLOADED" });
    expect(body.retryAfterInMs).toBe(Number(headers.get("retry-after")) * 1000);
    const { streams } = (await catchUp(ada, { since: { a: "ZZZZZZZZ:0" } })).body;
    expect(streams.a.reason).toBe("epoch");
  });
});

describe("while the store is away", () => {
  it("a client is told to come back, and nothing that is not known", async () => {
    const store = memoryHistory();
    const open = store.open.bind(store);
    let isAway = false;
    const { negotiate, catchUp } = await startHistory({
      appendTimeoutInMs: 500,
      store: {
        description: "a store",
        open: async (...given) => {
          if (isAway) throw new Error("away");
          const connection = await open(...given);
          const tops = connection.tops.bind(connection);
          return Object.assign(connection, {
            tops: async (...asked: Parameters<typeof tops>) => {
              if (isAway) throw new Error("away");
              return tops(...asked);
            },
          });
        },
      },
    });
    const ada = await negotiate();
    isAway = true;
    const { status, body, headers } = await catchUp(ada);
    expect({ status, code: body.code }).toEqual({ status: 503, code: "ERR_HISTORY_UNAVAILABLE" });
    expect(Number(headers.get("retry-after"))).toBeGreaterThanOrEqual(1);
    expect(await negotiate()).toMatchObject({ status: 200, positions: {} });
    isAway = false;
    await until(async () => (await catchUp(ada)).status === 200);
  });
});
