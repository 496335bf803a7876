import express from "express";
import {
  type ResilientPubSub,
  type ResilientPubSubOptions,
  resilientPubSub,
} from "express-resilient-pubsub";
import type { Activity, Emulator, EmulatorOptions } from "express-resilient-pubsub/emulator";
import { closeAfterTest } from "../support/clean-up.ts";
import { startEmulator } from "../support/emulator.ts";
import { serve } from "../support/serve.ts";
import { until } from "../support/until.ts";

jest.setTimeout(30_000);

/** A region, and what has happened there. */
async function startRegion(options: EmulatorOptions = {}) {
  const activities: Activity[] = [];
  const emulator = closeAfterTest(
    await startEmulator({ ...options, onActivity: (activity) => activities.push(activity) }),
  );
  const count = (kind: Activity["kind"]) => activities.filter((one) => one.kind === kind).length;
  return { emulator, activities, count };
}

async function startPlugin(regions: Record<string, Emulator>, overrides: object = {}) {
  const endpoints: ResilientPubSubOptions["endpoints"] = Object.entries(regions).map(
    ([name, { connectionString }]) => ({ name, role: "primary", connectionString }),
  );
  const heard: unknown[] = [];
  const pubsub = closeAfterTest(
    resilientPubSub({
      hub: "chat",
      endpoints,
      negotiate: { allowAnonymous: true },
      history: true,
      health: { schedule: "* * * * * *", transitionIntervalInMs: 20 },
      upstream: {
        handleConnect: ({ context }, res) => {
          heard.push(context.userId);
          res.success();
        },
        onConnected: ({ context }) => void heard.push(context.userId),
        onDisconnected: ({ context }) => void heard.push(context.userId),
      },
      ...overrides,
    }),
  );
  const dropping: string[] = [];
  pubsub.events.on("metadataDropped", ({ endpoint }) => void dropping.push(endpoint));
  const { url } = closeAfterTest(await serve(express().use(pubsub)));
  return { pubsub, dropping, heard, url };
}

it("an endpoint that drops metadata is told of, and the others are not", async () => {
  const [east, west] = [await startRegion({ metadata: false }), await startRegion()];
  const { dropping } = await startPlugin({ east: east.emulator, west: west.emulator });
  await until(() => west.count("clientDisconnected") === 1 && dropping.length === 1);
  expect(dropping).toEqual(["east"]);
});

/** Takes an endpoint away, and gives it back. */
async function goAndCome(pubsub: ResilientPubSub, emulator: Emulator): Promise<void> {
  const states: string[] = [];
  pubsub.events.on("endpointDown", () => void states.push("down"));
  pubsub.events.on("endpointUp", () => void states.push("up"));
  await emulator.inject({ kind: "crash" });
  await until(async () => {
    await pubsub.broadcast("hi").catch(() => undefined);
    return states.includes("down");
  });
  await emulator.clear();
  await until(() => states.includes("up"));
}

it("an endpoint is tried once, however often it goes and comes", async () => {
  const { emulator, count } = await startRegion({ metadata: false });
  const { pubsub, dropping } = await startPlugin({ east: emulator });
  await until(() => dropping.length === 1);
  await goAndCome(pubsub, emulator);
  await pubsub.broadcast("hi");
  expect([dropping, count("clientConnected")]).toEqual([["east"], 1]);
});

it("an endpoint that lets no client in is tried again when it is up the next time", async () => {
  const { emulator, count } = await startRegion({ metadata: false });
  await emulator.inject({ kind: "accessDenied", requestTypes: ["ClientConnection"] });
  const { pubsub, dropping } = await startPlugin({ east: emulator });
  await until(() => count("clientRefused") === 1);
  expect(dropping).toEqual([]);
  await goAndCome(pubsub, emulator);
  await until(() => dropping.length === 1);
  expect(count("clientConnected")).toBe(1);
});

it.each([
  ["without a history", { history: undefined }],
  ["when positions travel in the data", { history: { carrier: "data" } }],
])("%s, nobody connects", async (_, options) => {
  const { emulator, count } = await startRegion({ metadata: false });
  const { pubsub, dropping } = await startPlugin({ east: emulator }, options);
  await pubsub.ready();
  await pubsub.broadcast("hi");
  expect([dropping, count("clientConnected")]).toEqual([[], 0]);
});

it("handlers of the application do not hear of the connection that tries it", async () => {
  const { emulator, activities, count } = await startRegion({ metadata: false });
  const { dropping, heard, url } = await startPlugin({ east: emulator });
  emulator.setHub("chat", {
    eventHandlers: [
      {
        urlTemplate: `${url}/api/webpubsub/hubs/{hub}/`,
        systemEvents: ["connect", "connected", "disconnected"],
      },
    ],
  });
  await until(() => dropping.length === 1 && count("clientDisconnected") === 1);
  await until(() => activities.some((one) => one.kind === "event" && one.event === "disconnected"));
  const statuses = activities.flatMap((one) => (one.kind === "event" ? [one.status] : []));
  expect([heard, statuses]).toEqual([[], [204, 204, 204]]);
});

it("a plugin that is closed in the middle leaves no connection", async () => {
  const { emulator, count } = await startRegion({ metadata: false });
  // The message of the probe is not answered.
  await emulator.inject({ kind: "latency", delayInMs: 60_000, requestTypes: ["ClientConnection"] });
  const { pubsub, dropping } = await startPlugin({ east: emulator });
  await pubsub.ready();
  await pubsub.close();
  expect([dropping, count("clientConnected")]).toEqual([[], 0]);
});
