import express, { type Request } from "express";
import { resilientPubSub } from "express-resilient-pubsub";
import { closeAfterTest } from "../support/clean-up.ts";
import { fetchAnswer, type RunningRegions, startRegions } from "../support/regions.ts";
import { serve } from "../support/serve.ts";
import { until } from "../support/until.ts";

/** Two regions, and an app that answers probes at `/status`; `?full` is let in. */
async function start() {
  const world = await startRegions({
    health: { schedule: "* * * * * *", timeoutInMs: 300, transitionIntervalInMs: 50 },
  });
  const full = (req: Request) => "full" in req.query;
  world.app.use("/status", world.pubsub.statusHandler({ full }));
  return world;
}

async function ask({ url }: Pick<RunningRegions, "url">, path = "/status") {
  const { status, headers, body } = await fetchAnswer(url + path);
  expect(headers.get("content-type")).toBe("application/health+json; charset=utf-8");
  expect(headers.get("cache-control")).toBe("no-store");
  return { status, body };
}

it("readiness follows what a negotiate can be answered with; liveness is 200 all the while", async () => {
  const world = await start();
  await world.pubsub.ready();
  expect(await ask(world)).toEqual({ status: 200, body: { status: "pass" } });
  await world.eastus.inject({ kind: "crash" });
  await until(async () => (await ask(world)).body.status === "warn");
  expect((await ask(world)).status).toBe(200);
  await world.westus.inject({ kind: "crash" });
  await until(async () => (await ask(world)).status === 503);
  expect((await ask(world)).body).toEqual({ status: "fail", output: "no-endpoint" });
  expect((await world.negotiate()).status).toBe(503);
  expect(await ask(world, "/status/live")).toEqual({ status: 200, body: { status: "pass" } });
});

it("while it is starting and while it is being closed a server is not ready, and alive", async () => {
  const world = await start();
  await world.eastus.inject({ kind: "blackhole" });
  await world.westus.inject({ kind: "blackhole" });
  const endpoints = [world.eastus, world.westus].map(({ connectionString }, index) => ({
    name: `region-${index}`,
    role: "primary" as const,
    connectionString,
  }));
  const pubsub = closeAfterTest(
    resilientPubSub({ hub: "chat", endpoints, negotiate: { allowAnonymous: true } }),
  );
  const app = express();
  app.get("/readyz", pubsub.statusHandler());
  app.get("/livez", pubsub.statusHandler());
  const { url } = closeAfterTest(await serve(app));
  const starting = { status: 503, body: { status: "fail", output: "starting" } };
  expect(await ask({ url }, "/readyz")).toEqual(starting);
  const closing = pubsub.close();
  const draining = { status: 503, body: { status: "fail", output: "draining" } };
  expect(await ask({ url }, "/readyz")).toEqual(draining);
  await closing;
  expect(await ask({ url }, "/readyz")).toEqual(draining);
  expect((await ask({ url }, "/livez")).status).toBe(200);
});

it("names of endpoints, URLs and states are for those whom the app lets, and for nobody else", async () => {
  const world = await start();
  await world.pubsub.ready();
  await world.pubsub.broadcast("hi");
  const { body } = await ask(world, "/status?full");
  expect(body).toMatchObject({
    status: "pass",
    output: "ready: clients are sent to eastus",
    description: 'express-resilient-pubsub, hub "chat"',
    checks: {
      "endpoint:health": [
        { componentId: "eastus", status: "pass", observedValue: "healthy", output: "serves" },
        { componentId: "westus", status: "pass", observedValue: "healthy" },
      ],
      "operation:underWay": [{ observedValue: 0 }],
    },
  });
  expect(JSON.stringify((await ask(world)).body)).not.toMatch(/eastus|westus|chat|127/);
});

it.each<[string, () => never | Promise<never>]>([
  [
    "throws",
    () => {
      throw new Error("no session");
    },
  ],
  ["rejects", () => Promise.reject(new Error("no session"))],
  ["answers what is not true", () => "yes" as never],
])("whoever asks while `full` %s is told the summary", async (_, full) => {
  const { app, pubsub, url } = await startRegions();
  const failed: string[] = [];
  pubsub.events.on("handlerError", ({ handler }) => void failed.push(handler));
  app.use("/status", pubsub.statusHandler({ full }));
  await pubsub.ready();
  expect((await ask({ url })).body).toEqual({ status: "pass" });
  expect(failed.every((handler) => handler === "statusHandler.full")).toBe(true);
});

it("other methods are left to the app, and HEAD is answered like GET", async () => {
  const { app, pubsub, url } = await startRegions();
  app.use("/status", pubsub.statusHandler());
  await pubsub.ready();
  expect((await fetch(`${url}/status`, { method: "POST" })).status).toBe(404);
  const head = await fetch(`${url}/status`, { method: "HEAD" });
  expect([head.status, await head.text()]).toEqual([200, ""]);
});

it.each([
  [{ full: true }, /full: got true; give a function/],
  [{ fulll: () => true }, /fulll/],
  ["full", /give an object/],
])("options %j are refused", async (options, message) => {
  const { pubsub } = await startRegions();
  expect(() => pubsub.statusHandler(options as never)).toThrow(message);
});

it("the status of a plugin tells what is under way, and of history and agreement where there are any", async () => {
  const { pubsub } = await startRegions({ history: true });
  await pubsub.ready();
  const sending = pubsub.broadcast("hi");
  expect(pubsub.status()).toMatchObject({
    hub: "chat",
    state: "ready",
    serving: ["eastus"],
    operationsUnderWay: 1,
    history: { isKept: true, outbox: { underWay: 0, failing: [] } },
    agreement: undefined,
  });
  await sending;
  const agreed = await startRegions({ topology: "client-client" });
  await agreed.pubsub.ready();
  expect(agreed.pubsub.status()).toMatchObject({
    state: "ready",
    serving: ["eastus"],
    history: undefined,
    agreement: { epoch: 1, active: "eastus", servers: 1, isStoreReachable: true },
  });
});
