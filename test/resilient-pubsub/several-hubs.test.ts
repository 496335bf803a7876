import express, { type Express, type RequestHandler } from "express";
import {
  isResilientPubSubError,
  type ResilientPubSub,
  resilientPubSub,
} from "express-resilient-pubsub";
import { afterTest, closeAfterTest } from "../support/clean-up.ts";
import { fetchAnswer } from "../support/regions.ts";
import { serve } from "../support/serve.ts";

/** Nobody listens where its endpoint should be: these tests are about who is asked. */
function pluginOf(hub: string, path = `/negotiate/${hub}`): ResilientPubSub {
  const connectionString = "Endpoint=http://127.0.0.1:1;AccessKey=k;Version=1.0;";
  return closeAfterTest(
    resilientPubSub({
      hub,
      endpoints: [{ name: "east", role: "primary", connectionString }],
      negotiate: { allowAnonymous: true, path },
      health: { schedule: false },
    }),
  );
}

function collectWarnings(): string[] {
  const warnings: string[] = [];
  const spy = jest.spyOn(process, "emitWarning").mockImplementation((message, options) => {
    const { code, type } = options as unknown as { code: string; type: string };
    expect(type).toBe("ResilientPubSubWarning");
    // Nobody listens where the endpoints are, which is told as well.
    if (code === "ERR_SEVERAL_HUBS") warnings.push(String(message));
  });
  afterTest(() => spy.mockRestore());
  return warnings;
}

/** What a handler says that asks `res.locals.pubsub`. */
const telling =
  (ask: (pubsub: ResilientPubSub) => unknown): RequestHandler =>
  (_req, res) => {
    try {
      res.json(ask(res.locals.pubsub));
    } catch (error) {
      if (!isResilientPubSubError(error)) throw error;
      res.json({ code: error.code, message: error.message });
    }
  };

async function ask(app: Express, ...paths: string[]): Promise<unknown[]> {
  const { url } = closeAfterTest(await serve(app));
  const answers: unknown[] = [];
  for (const path of paths) answers.push((await fetchAnswer(url + path)).body);
  return answers;
}

const groupOf = (pubsub: ResilientPubSub) => pubsub.group("lobby").hubName;

describe("two plugins in one app", () => {
  it("keep res.locals.pubsub for the first one, and warn once when it is used as if it was the only one", async () => {
    const warnings = collectWarnings();
    const app = express();
    app.use(pluginOf("chat"));
    app.get("/between", telling(groupOf));
    app.use(pluginOf("news"));
    app.get("/behind", telling(groupOf));
    expect(await ask(app, "/between")).toEqual(["chat"]);
    expect(warnings).toEqual([]);
    expect(await ask(app, "/behind", "/behind", "/between")).toEqual(["chat", "chat", "chat"]);
    expect(warnings).toEqual([
      'res.locals.pubsub is the plugin of the hub "chat", the first that the request has passed, and not of "news"; say res.locals.pubsub.hub("chat") for one of them',
    ]);
  });

  it("are told apart by hub, in any case, without a warning", async () => {
    const warnings = collectWarnings();
    const [chat, news] = [pluginOf("chat"), pluginOf("News")];
    const app = express().use(chat, news);
    const found: ResilientPubSub[] = [];
    app.get(
      "/found",
      telling((pubsub) => found.push(pubsub.hub("CHAT"), pubsub.hub("news"), pubsub.hub("News"))),
    );
    app.get(
      "/hub-name",
      telling((pubsub) => pubsub.hubName),
    );
    expect(await ask(app, "/found", "/hub-name")).toEqual([3, "chat"]);
    expect(found.map((one) => [chat, news].indexOf(one))).toEqual([0, 1, 1]);
    expect(warnings).toEqual([]);
  });

  it.each([
    [
      "on paths of their own",
      (app: Express, chat: RequestHandler, news: RequestHandler) =>
        app.use("/a", chat).use("/b", news),
    ],
    [
      "in routers",
      (app: Express, chat: RequestHandler, news: RequestHandler) =>
        app.use("/a", express.Router().use(chat)).use("/b", express.Router().use(news)),
    ],
    [
      "in apps that are mounted in the app",
      (app: Express, chat: RequestHandler, news: RequestHandler) =>
        app.use("/a", express().use(chat)).use("/b", express().use(news)),
    ],
  ])("%s find each other once both have seen a request", async (_, mount) => {
    const warnings = collectWarnings();
    const [chat, news] = [pluginOf("chat"), pluginOf("news")];
    const app = express();
    mount(app, chat, news);
    app.get("/:where/name", telling(groupOf));
    expect(() => chat.hub("news")).toThrow(/hub "news" is known here, but of "chat"; plugins know/);
    expect(await ask(app, "/a/name", "/b/name")).toEqual(["chat", "news"]);
    expect(chat.hub("news")).toBe(news);
    expect(news.hub("CHAT")).toBe(chat);
    expect(warnings).toEqual([]);
  });

  it("of different apps do not know each other", async () => {
    const [chat, news] = [pluginOf("chat"), pluginOf("news")];
    for (const plugin of [chat, news]) {
      await ask(express().use(plugin).get("/name", telling(groupOf)), "/name");
    }
    expect(() => chat.hub("news")).toThrow(expect.objectContaining({ code: "ERR_UNKNOWN_HUB" }));
  });

  it("that both answer negotiates at one path are reported once", async () => {
    const warnings = collectWarnings();
    const [chat, news] = [pluginOf("chat", "/negotiate"), pluginOf("news", "/Negotiate/")];
    const app = express().use("/api", chat, news);
    app.get(
      "/api/hub",
      telling((pubsub) => pubsub.hub("news").hubName),
    );
    expect(await ask(app, "/api/hub", "/api/hub")).toEqual(["news", "news"]);
    expect(warnings).toEqual([
      expect.stringMatching(
        /"chat" and "news" both answer negotiates at .*, so all clients get to "chat"; give/,
      ),
    ]);
  });
});

describe("three plugins in one app", () => {
  it("are all found in a handler behind them, and an unknown one is refused with those", async () => {
    const app = express().use(pluginOf("chat"), pluginOf("news"), pluginOf("alerts"));
    app.get(
      "/all",
      telling((pubsub) => ["alerts", "chat", "news"].map((hub) => pubsub.hub(hub).hubName)),
    );
    app.get(
      "/unknown",
      telling((pubsub) => pubsub.hub("sports")),
    );
    const [all, unknown] = await ask(app, "/all", "/unknown");
    expect(all).toEqual(["alerts", "chat", "news"]);
    expect(unknown).toMatchObject({
      code: "ERR_UNKNOWN_HUB",
      message: expect.stringContaining(
        'hub "sports" is known here, but of "chat", "news", "alerts"',
      ),
    });
  });
});

/** What an app keeps of its plugins. */
const keptBy = ({ locals }: Express): unknown[] =>
  Object.getOwnPropertySymbols(locals).flatMap((key) => [...Reflect.get(locals, key)]);

describe("a plugin that is closed", () => {
  it.each<[string, (old: ResilientPubSub) => unknown]>([
    ["is closed", (old) => old.close()],
    ["still closes", (old) => void old.close()],
  ])("makes room for another one of its hub in the same app as soon as it %s", async (_, close) => {
    const [old, renewed] = [pluginOf("chat"), pluginOf("Chat")];
    const app = express().use(old);
    app.get("/before", telling(groupOf));
    const { url } = closeAfterTest(await serve(app));
    await fetchAnswer(`${url}/before`);
    await close(old);
    app.use("/", express.Router().use(renewed));
    const found: ResilientPubSub[] = [];
    app.get(
      "/behind",
      telling((pubsub) => found.push(pubsub, pubsub.hub("chat"))),
    );
    // Of the new one: nobody listens where its endpoint should be.
    expect((await fetchAnswer(`${url}/negotiate/chat`)).body.code).toBe("ERR_NO_HEALTHY_ENDPOINT");
    const event = { method: "POST", headers: { "ce-type": "x" } };
    const refused = await fetchAnswer(`${url}/api/webpubsub/hubs/chat/`, event);
    expect(refused.body.code).toBe("ERR_MISSING_HEADER");
    await fetchAnswer(`${url}/behind`);
    expect(found.map((one) => one === renewed)).toEqual([true, true]);
  });

  it("answers with 503 itself as long as no other one of its hub is open", async () => {
    const [old, closed, news] = [pluginOf("chat"), pluginOf("chat"), pluginOf("news")];
    await Promise.all([old.close(), closed.close()]);
    const [answer] = await ask(express().use(old, closed, news), "/negotiate/chat");
    expect(answer).toMatchObject({ code: "ERR_CLOSED" });
  });

  it("is forgotten by the app and its other plugins, and so does not come back", async () => {
    const [chat, news, renewed] = [pluginOf("chat"), pluginOf("news"), pluginOf("chat")];
    const inUse = { chat };
    const app = express().use((req, res, next) => inUse.chat(req, res, next));
    app.use(news).get("/name", (_req, res) => void res.end());
    const { url } = closeAfterTest(await serve(app));
    await fetchAnswer(`${url}/name`);
    expect(keptBy(app)).toEqual([chat, news]);
    expect(news.hub("chat")).toBe(chat);
    await chat.close();
    expect(keptBy(app)).toEqual([news]);
    expect(() => news.hub("chat")).toThrow(expect.objectContaining({ code: "ERR_UNKNOWN_HUB" }));
    await fetchAnswer(`${url}/name`);
    expect(keptBy(app)).toEqual([news]);
    inUse.chat = renewed;
    await fetchAnswer(`${url}/name`);
    expect(news.hub("chat")).toBe(renewed);
  });

  it("is not forgotten in the place of the one that has replaced it", async () => {
    const [old, renewed, news] = [pluginOf("chat"), pluginOf("chat"), pluginOf("news")];
    await ask(express().use("/a", old).use("/b", renewed).use(news), "/a/x", "/b/x");
    expect(news.hub("chat")).toBe(renewed);
    await old.close();
    expect(news.hub("chat")).toBe(renewed);
  });
});

describe("one plugin", () => {
  it("stays res.locals.pubsub itself when it is mounted twice, and knows its own hub", async () => {
    const warnings = collectWarnings();
    const chat = pluginOf("chat");
    const app = express().use(chat).use("/api", chat);
    app.get(
      "/api/same",
      telling((pubsub) => pubsub === chat && pubsub.hub("Chat") === chat),
    );
    expect(await ask(app, "/api/same")).toEqual([true]);
    expect(warnings).toEqual([]);
  });

  it("takes the place of what others have put into res.locals.pubsub", async () => {
    const app = express().use((_req, res, next) => {
      res.locals.pubsub = { hubName: "foreign" } as never;
      next();
    });
    app.use(pluginOf("chat")).get("/name", telling(groupOf));
    expect(await ask(app, "/name")).toEqual(["chat"]);
  });

  it.each([[undefined], [""], [7], [null]])("refuses %j for a hub", (name) => {
    const chat = pluginOf("chat");
    expect(() => chat.hub(name as never)).toThrow(
      expect.objectContaining({ code: "ERR_INVALID_ARGUMENT" }),
    );
  });
});
