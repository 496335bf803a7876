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
