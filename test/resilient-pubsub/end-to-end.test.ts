import express from "express";
import { resilientPubSub, type UpstreamOptions } from "express-resilient-pubsub";
import type { Emulator } from "express-resilient-pubsub/emulator";
import { closeAfterTest } from "../support/clean-up.ts";
import { startEmulator } from "../support/emulator.ts";
import { connectClient } from "../support/official-client.ts";
import { fetchAnswer, startRegions } from "../support/regions.ts";
import { serve } from "../support/serve.ts";
import { until } from "../support/until.ts";

function sendEventsTo(emulator: Emulator, url: string, hub = "chat"): void {
  emulator.setHub(hub, {
    eventHandlers: [
      {
        urlTemplate: `${url}/api/webpubsub/hubs/{hub}/{event}`,
        systemEvents: ["connect", "connected", "disconnected"],
        userEventPattern: "*",
      },
    ],
  });
}

describe("from client through service to the handlers and back", () => {
  it("every event arrives once, with identity and state, from either region", async () => {
    const log: string[] = [];
    const upstream: UpstreamOptions = {
      handleConnect: (req, res) => {
        log.push(`connect ${req.context.userId}`);
        res.setState("visits", 1);
        res.success({ groups: ["lobby"] });
      },
      onConnected: ({ context }) => void log.push(`connected ${context.userId}`),
      handleUserEvent: async ({ context, data, dataType }, res) => {
        log.push(`${context.eventName} ${JSON.stringify(data)} ${context.states.visits}`);
        res.setState("visits", context.states.visits + 1);
        res.success(JSON.stringify({ heard: data }), dataType === "json" ? "json" : "text");
      },
      onDisconnected: ({ context }) => void log.push(`disconnected after ${context.states.visits}`),
    };
    const world = await startRegions({
      upstream,
      prepare: (app) => app.use(express.json()),
    });
    sendEventsTo(world.eastus, world.url);
    sendEventsTo(world.westus, world.url);
    for (const query of ["?user=ada", "?user=ada&failed=eastus"]) {
      log.length = 0;
      const { client, received } = await connectClient((await world.negotiate(query)).body.url);
      await client.sendEvent("greet", { text: "hi" }, "json");
      await client.sendEvent("greet", "hi", "text");
      await until(() => received.length === 2);
      client.stop();
      await until(() => log.some((line) => line.startsWith("disconnected")));
      expect(log.filter((line) => line !== "connected ada")).toEqual([
        "connect ada",
        'greet {"text":"hi"} 1',
        'greet "hi" 2',
        "disconnected after 3",
      ]);
      expect(log).toContain("connected ada");
      expect(received).toEqual([{ heard: { text: "hi" } }, '{"heard":"hi"}']);
    }
  });

  it("a connect handler that refuses keeps the client out", async () => {
    const world = await startRegions({
      upstream: { handleConnect: (_req, res) => res.fail(401, "banned") },
    });
    sendEventsTo(world.eastus, world.url);
    const { url } = (await world.negotiate()).body;
    await expect(connectClient(url)).rejects.toThrow("401");
  });

  it("a handler that throws fails one event, and the next is handled", async () => {
    const world = await startRegions({
      upstream: {
        handleUserEvent: (req, res) => {
          if (req.data === "bad") throw new Error("boom");
          res.success();
        },
      },
    });
    const errors: unknown[] = [];
    world.pubsub.events.on("handlerError", ({ handler }) => void errors.push(handler));
    sendEventsTo(world.eastus, world.url);
    const { client } = await connectClient((await world.negotiate()).body.url, {
      messageRetryOptions: { maxRetries: 0 },
    });
    await expect(client.sendEvent("greet", "bad", "text")).rejects.toThrow();
    await client.sendEvent("greet", "good", "text");
    expect(errors).toEqual(["upstream.handleUserEvent"]);
  });
});

describe("two plugins for two hubs in one process", () => {
  async function twoHubs() {
    const eastus = closeAfterTest(await startEmulator());
    const create = (hub: string) =>
      closeAfterTest(
        resilientPubSub({
          hub,
          endpoints: [
            { name: "eastus", role: "primary", connectionString: eastus.connectionString },
          ],
          negotiate: { allowAnonymous: true, path: `/${hub}/negotiate` },
          upstream: {
            handleUserEvent: (_req, res) => res.success(`this is ${hub}`, "text"),
          },
        }),
      );
    const chat = create("chat");
    const news = create("news");
    const app = express();
    app.use(chat, news);
    const { url } = closeAfterTest(await serve(app));
    return { eastus, chat, news, app, url };
  }

  it("are independent: clients, events and broadcasts stay in their hub", async () => {
    const { eastus, chat, news, url } = await twoHubs();
    sendEventsTo(eastus, url, "chat");
    sendEventsTo(eastus, url, "news");
    const connect = async (hub: string) =>
      connectClient((await fetchAnswer(`${url}/${hub}/negotiate`)).body.url);
    const chatter = await connect("chat");
    const reader = await connect("news");
    await chatter.client.sendEvent("ask", "?", "text");
    await reader.client.sendEvent("ask", "?", "text");
    await chat.broadcast("to chat");
    await news.broadcast("to news");
    await until(() => chatter.received.length === 2 && reader.received.length === 2);
    expect(chatter.received).toEqual(["this is chat", "to chat"]);
    expect(reader.received).toEqual(["this is news", "to news"]);
  });

  it("close one by one: what is left goes on", async () => {
    const { chat, news, url } = await twoHubs();
    await chat.close();
    expect(await fetchAnswer(`${url}/chat/negotiate`)).toMatchObject({
      status: 503,
      body: { code: "ERR_CLOSED" },
    });
    expect((await fetchAnswer(`${url}/news/negotiate`)).status).toBe(200);
    expect((await news.broadcast("still here")).delivered).toEqual(["eastus"]);
  });
});

it("res.locals.pubsub is there for every handler behind the plugin, whatever its path", async () => {
  const { app, url, pubsub } = await startRegions();
  app.get("/anything", (_req, res) => void res.json(res.locals.pubsub === pubsub));
  expect((await fetchAnswer(`${url}/anything`)).body).toBe(true);
});

it("snapshot tells the state of every endpoint and gives copies that never change", async () => {
  const { eastus, pubsub } = await startRegions();
  await pubsub.ready();
  const [first, second] = pubsub.endpoints.snapshot();
  expect(first).toEqual({
    name: "eastus",
    role: "primary",
    weight: undefined,
    url: eastus.endpoint,
    state: "healthy",
    reason: undefined,
    since: expect.any(Number),
    drained: false,
    forced: false,
    joining: false,
    leaving: false,
    lastProbe: { at: expect.any(Number), durationInMs: expect.any(Number), ok: true },
    serving: true,
    full: false,
    clients: undefined,
    lastFailure: undefined,
    lastCanary: { at: expect.any(Number), ok: true },
    sockets: { open: 0, busy: 0, waiting: 0, max: 64 },
  });
  expect(second).toMatchObject({ name: "westus", role: "secondary", state: "healthy" });
  expect(JSON.stringify([first, second])).not.toContain("AccessKey");
  pubsub.endpoints.drain("eastus");
  expect(first?.drained).toBe(false);
});

it("an endpoint added at run time serves once it is healthy, and is gone when removed", async () => {
  const { pubsub, negotiate } = await startRegions();
  await pubsub.ready();
  const north = closeAfterTest(await startEmulator());
  const { connectionString } = north;
  pubsub.endpoints.add({ name: "north", role: "primary", connectionString });
  await until(() => pubsub.endpoints.snapshot()[2]?.state === "healthy");
  pubsub.endpoints.remove("eastus");
  expect((await negotiate()).body.endpoint).toBe("north");
  expect((await pubsub.broadcast("hi")).delivered).toEqual(["eastus", "westus", "north"]);
  pubsub.endpoints.remove("westus", { fanOutForInMs: 0 });
  expect((await pubsub.broadcast("hi")).delivered).toEqual(["eastus", "north"]);
  expect(() => pubsub.endpoints.remove("north")).toThrow("is the last endpoint");
  expect(() => pubsub.endpoints.add({ name: "x", role: "primary" })).toThrow("connectionString");
});
