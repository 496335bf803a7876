import { WebSocket } from "ws";
import { AppServers } from "../../src/client/app-servers.ts";
import { resolveOptions } from "../../src/client/options.ts";
import { until } from "../support/until.ts";
import { makeClient } from "./support/make-client.ts";
import {
  type Answer,
  answerJson,
  answerStatus,
  hangUp,
  never,
  ScriptedAppServer,
} from "./support/scripted-app-server.ts";
import { ScriptedService } from "./support/scripted-service.ts";

// So short that the next review comes soon, or so long that none comes by itself.
const SOON_IN_MS = 100;
const HOUR_IN_MS = 3_600_000;

interface World {
  readonly east: ScriptedService;
  readonly west: ScriptedService;
  readonly appServer: ScriptedAppServer;
  /** From now on. */
  sendTo(endpoint: "east" | "west", told?: object): void;
}

async function startWorld(told: object = {}): Promise<World> {
  const services = { east: await ScriptedService.start(), west: await ScriptedService.start() };
  const answerFor = (endpoint: "east" | "west", more: object): Answer =>
    answerJson({
      url: services[endpoint].url,
      endpoint,
      reviewAfterInMs: SOON_IN_MS,
      grant: "grant",
      ...more,
    });
  const appServer = await ScriptedAppServer.start(answerFor("east", told));
  return {
    ...services,
    appServer,
    sendTo: (endpoint, more = {}) => {
      appServer.negotiate = answerFor(endpoint, { ...told, ...more });
    },
  };
}

const queryOf = (url: URL | undefined) => Object.fromEntries(url?.searchParams ?? []);

it("a connected client asks again and again whether it is to stay, with its grant and its place", async () => {
  const { appServer } = await startWorld({ epoch: 7, incarnation: "x" });
  const { client, log } = makeClient(`${appServer.url}?room=1`);
  await client.start();
  await until(() => appServer.reviewed.length >= 3);
  const [review] = appServer.reviewed;
  expect(review?.pathname).toBe("/negotiate/place");
  expect(queryOf(review)).toEqual({
    room: "1",
    endpoint: "east",
    epoch: "7",
    incarnation: "x",
    grant: "grant",
  });
  expect(appServer.negotiated).toHaveLength(1);
  expect(log).toEqual(["state connecting", "state connected", "connected east"]);
});

it("a review is asked as negotiate is, but by GET and without a body", async () => {
  const { appServer } = await startWorld();
  const asked: string[] = [];
  appServer.place = (res, req) => {
    const { authorization, "content-length": length } = req.headers;
    asked.push(`${req.method} ${authorization} ${length}`);
    answerStatus(204)(res, req);
  };
  let count = 0;
  const { client } = makeClient(appServer.url, {
    negotiateRequest: () => ({
      method: "POST",
      body: "room 1",
      headers: { Authorization: `n${++count}` },
    }),
  });
  await client.start();
  await until(() => asked.length >= 2);
  expect(asked.slice(0, 2)).toEqual(["GET n2 undefined", "GET n3 undefined"]);
});

it("a client that is told to move goes where negotiate says, without a complaint", async () => {
  const { appServer, east, sendTo } = await startWorld();
  const { client, log } = makeClient(appServer.url);
  await client.start();
  await client.joinGroup("news");
  sendTo("west");
  appServer.place = (res, req) =>
    /endpoint=east/.test(req.url ?? "")
      ? answerJson({ move: true, reason: "out-of-use" })(res, req)
      : answerStatus(204)(res, req);
  await until(() => log.includes("moved east -> west"));
  expect(appServer.negotiated.map(({ search }) => search)).toEqual(["", ""]);
  expect(log.slice(3)).toEqual([
    "state reconnecting",
    "disconnected",
    "state connected",
    "connected west",
    "moved east -> west",
  ]);
  await until(() => east.latest?.closeCode === 1000);
});

describe("a client without autoReconnect that negotiate would send elsewhere stays, and asks on, when it is told", () => {
  it.each<[string, object, boolean]>([
    ["to move", { move: true, reason: "evacuated" }, false],
    ["to move and to renew its grant", { move: true, renew: true }, false],
    ["to renew its grant, which it does", { renew: true }, true],
  ])("%s", async (_, review, isRenewed) => {
    const { appServer, east, west, sendTo } = await startWorld();
    const { client, log } = makeClient(appServer.url, { autoReconnect: false });
    await client.start();
    sendTo("west", { epoch: 9 });
    appServer.place = answerJson(review);
    await until(() => appServer.reviewed.length >= 4);
    expect(appServer.negotiated.length > 1).toBe(isRenewed);
    expect([client.endpoint, east.clients.length, west.clients.length]).toEqual(["east", 1, 0]);
    expect(log).toHaveLength(3);
    east.latest?.close(1000, "evacuated");
    await until(() => client.state === "stopped");
    expect(log.slice(3)).toEqual([
      "state reconnecting",
      "disconnected",
      "state stopped",
      "stopped",
    ]);
  });
});

it("a client that is told to move stays where negotiate names the same endpoint, and asks on", async () => {
  const { appServer, east } = await startWorld();
  appServer.place = answerJson({ move: true, reason: "evacuated" });
  const { client, log } = makeClient(appServer.url);
  await client.start();
  await until(() => appServer.negotiated.length >= 3);
  expect([client.endpoint, east.clients.length]).toEqual(["east", 1]);
  expect(log).toHaveLength(3);
});

it("a client that is told to move connects anew where the servers have agreed anew on its endpoint", async () => {
  const { appServer, sendTo } = await startWorld({ epoch: 1 });
  const { client, log } = makeClient(appServer.url);
  await client.start();
  sendTo("east", { epoch: 2 });
  appServer.place = (res, req) =>
    /epoch=1/.test(req.url ?? "")
      ? answerJson({ move: true, reason: "agreement" })(res, req)
      : answerStatus(204)(res, req);
  await until(() => log.includes("moved east -> east"));
});

it("a client follows a redirect of its review, as it follows that of its negotiate", async () => {
  const { appServer, sendTo } = await startWorld();
  const moved =
    (there: Answer): Answer =>
    (res, req) => {
      const { pathname, search, searchParams } = new URL(req.url ?? "", appServer.url);
      if (searchParams.has("there")) return there(res, req);
      return answerStatus(307, { Location: `${pathname}${search || "?"}&there=` })(res, req);
    };
  appServer.negotiate = moved(appServer.negotiate);
  const { client, log } = makeClient(appServer.url);
  await client.start();

  sendTo("west");
  appServer.negotiate = moved(appServer.negotiate);
  appServer.place = moved(answerJson({ move: true, reason: "out-of-use" }));

  await until(() => log.includes("moved east -> west"));
});

it("a client whose grant is to be renewed negotiates for another, and stays where it is", async () => {
  const { appServer, east, sendTo } = await startWorld();
  const { client, log } = makeClient(appServer.url);
  await client.start();
  sendTo("west", { grant: "another" });
  appServer.place = (res, req) =>
    /grant=grant/.test(req.url ?? "")
      ? answerJson({ move: false, renew: true })(res, req)
      : answerStatus(204)(res, req);
  await until(() => queryOf(appServer.reviewed.at(-1)).grant === "another");
  expect(appServer.negotiated).toHaveLength(2);
  expect(queryOf(appServer.reviewed.at(-1)).endpoint).toBe("east");
  expect([client.endpoint, east.clients.length, log.length]).toEqual(["east", 1, 3]);
});

describe("a client stays, and asks again, when its review is answered by", () => {
  it.each<[string, Answer]>([
    ["500", answerStatus(500)],
    ["503 with a pause", answerStatus(503, { "Retry-After": "60" })],
    ["401", answerStatus(401)],
    ["a login page", answerStatus(200, { "Content-Type": "text/html" }, "<html>")],
    [
      "a redirect to a login page",
      (res, req) =>
        req.url?.startsWith("/login/")
          ? answerStatus(200, { "Content-Type": "text/html" }, "<html>")(res, req)
          : answerStatus(302, { Location: "/login/place" })(res, req),
    ],
    ["nothing at all", never],
    ["hanging up", hangUp],
    ["half of its JSON", answerStatus(200, {}, '{"move":tr')],
    ["null", answerJson(null)],
    ["a list", answerJson([true])],
    ["a word in place of true", answerJson({ move: "true", renew: 1 })],
    ["a body that never ends", (res) => res.writeHead(200).write("{")],
    ["too much", (res) => res.end(`{"move":true,"x":"${"x".repeat(300_000)}"}`)],
  ])("%s", async (_, place) => {
    const { appServer, sendTo } = await startWorld();
    appServer.place = place;
    const { client, log } = makeClient(appServer.url, { negotiateTimeoutInMs: 500 });
    await client.start();
    sendTo("west");
    await until(() => appServer.reviewed.length >= 3);
    expect(appServer.negotiated).toHaveLength(1);
    expect(log).toHaveLength(3);
  });
});

describe("a client asks for no review", () => {
  it.each<[string, object]>([
    ["where no interval is told", { reviewAfterInMs: undefined }],
    ["where the interval is none", { reviewAfterInMs: "20000" }],
    ["where the interval is null", { reviewAfterInMs: null }],
    ["without a grant", { grant: undefined }],
    ["with a grant that is no text", { grant: 5 }],
  ])("%s", async (_, told) => {
    const { appServer } = await startWorld({ ...told, reconnect: { spreadInMs: 0 } });
    const { client } = makeClient(appServer.url, { callTimeoutInMs: 150 });
    await client.start();
    // A doubt that would be reviewed at once, and as long as any interval of this test.
    const service = appServer.negotiated.length;
    await expect(client.invokeEvent("e", 1, "json")).rejects.toMatchObject({
      code: "ERR_CALL_TIMED_OUT",
    });
    expect([service, appServer.reviewed.length]).toEqual([1, 0]);
  });

  it("of a server that has no such route, until negotiate has answered again", async () => {
    const { appServer, east } = await startWorld();
    appServer.place = answerStatus(404);
    const { client, log } = makeClient(appServer.url, { callTimeoutInMs: 150 });
    await client.start();
    await until(() => appServer.reviewed.length === 1);
    await expect(client.invokeEvent("e", 1, "json")).rejects.toThrow();
    expect(appServer.reviewed).toHaveLength(1);
    east.latest?.close(1000);
    await until(() => log.filter((line) => line === "connected east").length === 2);
    await until(() => appServer.reviewed.length === 2);
  });

  it("when its negotiate is a function, whose URLs it does not know", async () => {
    const { appServer, east } = await startWorld();
    const { client } = makeClient(
      () => ({ url: east.url, endpoint: "east", grant: "grant", reviewAfterInMs: SOON_IN_MS }),
      { callTimeoutInMs: 150 },
    );
    await client.start();
    await expect(client.invokeEvent("e", 1, "json")).rejects.toThrow();
    expect(appServer.reviewed).toEqual([]);
  });
});

describe("a client asks at once", () => {
  const told = { reviewAfterInMs: HOUR_IN_MS, reconnect: { spreadInMs: 0 } };

  it("after a call that was not acknowledged in time", async () => {
    const { appServer, east } = await startWorld(told);
    east.behaviour = { answer: () => {} };
    const { client } = makeClient(appServer.url, { callTimeoutInMs: 20 });
    await client.start();
    await expect(client.sendToGroup("g", 1, "json")).rejects.toMatchObject({
      code: "ERR_CALL_TIMED_OUT",
    });
    await until(() => appServer.reviewed.length === 1);
  });

  it("after a join that was refused", async () => {
    const { appServer, east } = await startWorld(told);
    east.behaviour = {
      answer: ({ ackId }, client) =>
        client.send({ type: "ack", ackId, success: false, error: { name: "Forbidden" } }),
    };
    const { client } = makeClient(appServer.url);
    await client.start();
    await expect(client.joinGroup("g")).rejects.toMatchObject({ code: "ERR_CALL_REFUSED" });
    await until(() => appServer.reviewed.length === 1);
  });

  it("after a group could not be joined again", async () => {
    const { appServer, east } = await startWorld(told);
    const { client, log } = makeClient(appServer.url);
    await client.start();
    await client.joinGroup("g");
    east.behaviour = {
      answer: ({ ackId }, client) =>
        client.send({ type: "ack", ackId, success: false, error: { name: "Forbidden" } }),
    };
    east.latest?.close(1000);
    await until(() => log.some((line) => line.startsWith("rejoin-group-failed")));
    await until(() => appServer.reviewed.length === 1);
  });

  it("but once, however much goes wrong", async () => {
    const { appServer, east } = await startWorld(told);
    east.behaviour = {
      answer: ({ ackId }, client) =>
        client.send({ type: "ack", ackId, success: false, error: { name: "Forbidden" } }),
    };
    appServer.place = (res, req) => setTimeout(() => answerStatus(204)(res, req), 50);
    const { client } = makeClient(appServer.url);
    await client.start();
    for (let i = 0; i < 40; i += 1) {
      await expect(client.joinGroup(`g${i}`)).rejects.toThrow();
      if (i === 20) await until(() => appServer.reviewed.length > 0);
    }
    await expect(client.joinGroup("last")).rejects.toThrow();
    expect(appServer.reviewed).toHaveLength(1);
  });
});

it("a review that is not answered is the only one", async () => {
  const { appServer } = await startWorld();
  appServer.place = never;
  const { client } = makeClient(appServer.url, {
    negotiateTimeoutInMs: HOUR_IN_MS,
    callTimeoutInMs: 5 * SOON_IN_MS,
  });
  await client.start();
  await expect(client.invokeEvent("e", 1, "json")).rejects.toThrow();
  expect(appServer.reviewed).toHaveLength(1);
});

it("a review that is under way is given up when the client is stopped, and when its connection ends", async () => {
  const { appServer, east } = await startWorld();
  appServer.place = never;
  const { client } = makeClient(appServer.url, { negotiateTimeoutInMs: HOUR_IN_MS });
  await client.start();
  await until(() => appServer.reviewed.length === 1);
  east.latest?.close(1000);
  await until(() => appServer.cancelled === 1);
  await until(() => appServer.reviewed.length === 2);
  client.stop();
  await until(() => appServer.cancelled === 2);
});

describe("the spread of reconnects", () => {
  it.each<[string, number, unknown, Record<string, string>]>([
    ["that negotiate told", 8000, { spreadInMs: 8000 }, {}],
    ["none where negotiate told 0", 0, { spreadInMs: 0 }, {}],
    ["that a review told since", 9000, { spreadInMs: 8000 }, { "Reconnect-Spread-In-Ms": "9000" }],
    ["none where a review told 0", 0, { spreadInMs: 8000 }, { "Reconnect-Spread-In-Ms": "0" }],
    ["of the option where nothing is told", 4000, undefined, {}],
    ["of the option where negotiate tells null", 4000, null, {}],
    [
      "of the option where nonsense is told",
      4000,
      { spreadInMs: -1 },
      { "Reconnect-Spread-In-Ms": "soon" },
    ],
    [
      "of negotiate where a review tells nonsense",
      8000,
      { spreadInMs: 8000 },
      { "Reconnect-Spread-In-Ms": "-5" },
    ],
    ["an hour where more is told", HOUR_IN_MS, { spreadInMs: 1e300 }, {}],
  ])("is %s", async (_, expected, reconnect, headers) => {
    const { appServer } = await startWorld({ reconnect });
    appServer.place = answerStatus(204, headers);
    const configuration = resolveOptions({ reconnectSpreadInMs: 4000, webSocket: WebSocket });
    const appServers = new AppServers(appServer.url, configuration);
    const { signal } = new AbortController();
    await appServers.review(await appServers.negotiate([], signal), signal);
    expect(appServers.reconnectSpreadInMs).toBe(expected);
  });

  it("that is told is the one that a client keeps to", async () => {
    const { appServer, east, sendTo } = await startWorld({ reconnect: { spreadInMs: 0 } });
    const { client, log } = makeClient(appServer.url, { reconnectSpreadInMs: HOUR_IN_MS });
    await client.start();
    sendTo("west");
    east.latest?.close(1000);
    await until(() => log.includes("moved east -> west"));
  });

  it("that a negotiate function tells is kept to as well", async () => {
    const { east } = await startWorld();
    const { client } = makeClient(() => ({ url: east.url, reconnect: { spreadInMs: 0 } }), {
      reconnectSpreadInMs: HOUR_IN_MS,
    });
    await client.start();
    east.latest?.close(1000);
    await until(() => east.clients.length === 2);
  });
});
