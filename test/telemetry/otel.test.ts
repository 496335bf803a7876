import { context, SpanKind, trace } from "@opentelemetry/api";
import type { ReadableSpan } from "@opentelemetry/sdk-trace-base";
import express from "express";
import { memoryHistory, type ResilientPubSub, resilientPubSub } from "express-resilient-pubsub";
import type { TypedEvents } from "../../src/kit/typed-events.ts";
import { closeAfterTest } from "../support/clean-up.ts";
import { startRegions } from "../support/regions.ts";
import { serve } from "../support/serve.ts";
import { until } from "../support/until.ts";
import { eventRequest } from "../support/upstream-request.ts";
import { registerSdk, unregisterSdk } from "./support/sdk.ts";

afterEach(unregisterSdk);

const idOf = (span: ReadableSpan | undefined) => span?.spanContext().spanId;
const parentOf = (span: ReadableSpan | undefined) => span?.parentSpanContext?.spanId;

/** The events that come with the traffic and are made now. */
function wants({ events }: ResilientPubSub): string[] {
  const names = ["negotiated", "operation", "probe", "reviewed", "storeCall"];
  return names.filter((name) => (events as unknown as TypedEvents).wants(name as "probe"));
}

it("an SDK that was registered before the plugin was made is given what happens and what is so", async () => {
  const sdk = registerSdk();
  const regions = await startRegions({ history: { store: memoryHistory() } });
  await regions.pubsub.ready();
  await until(async () => (await sdk.series()).size > 0);
  await regions.negotiate("?user=ada&failed=eastus");
  await regions.pubsub.broadcast("hi");
  const series = await sdk.series();
  const of = (name: string) => series.get(`resilient_pubsub.${name}`);
  expect(of("negotiate.duration{endpoint=westus,outcome=fallback}")).toBe(1);
  expect(of("negotiate.claimed_failures{endpoint=eastus}")).toBe(1);
  expect(of("operation.duration{operation=broadcast,outcome=delivered}")).toBe(1);
  expect(of("fan_out.duration{endpoint=westus,operation=broadcast,outcome=delivered}")).toBe(1);
  expect(of("history.messages{outcome=logged}")).toBe(1);
  expect(of("endpoint.state{endpoint=eastus,role=primary,state=healthy}")).toBe(1);
  expect(of("endpoint.state{endpoint=eastus,role=primary,state=unhealthy}")).toBe(0);
  expect(of("endpoint.serving{endpoint=eastus}")).toBe(1);
  expect(of("store.up{store=history}")).toBe(1);
  await until(async () => (await sdk.series()).has("resilient_pubsub.history.outbox.tasks{}"));
  expect(of("store.call.duration{call=append,outcome=answered,store=history}")).toBe(1);
});

it("an SDK that is registered later is found within a second, and left alone after close", async () => {
  const regions = await startRegions();
  await regions.pubsub.ready();
  const sdk = registerSdk();
  await until(async () => (await sdk.series()).size > 0);
  await regions.negotiate();
  const name = "resilient_pubsub.negotiate.duration{endpoint=eastus,outcome=answered}";
  expect((await sdk.series()).get(name)).toBe(1);
  await regions.pubsub.close();
  expect(wants(regions.pubsub)).toEqual([]);
});

it("spans of a broadcast, one for each endpoint, join the trace of the application", async () => {
  const sdk = registerSdk();
  const regions = await startRegions();
  await regions.pubsub.ready();
  await until(async () => (await sdk.series()).size > 0);
  await trace.getTracer("app").startActiveSpan("app", async (span) => {
    await regions.pubsub.broadcast("hi");
    span.end();
  });
  const spans = sdk.spans();
  const named = (name: string) => spans.find((span) => span.name === name);
  const fanOut = named("pubsub broadcast");
  expect(parentOf(fanOut)).toBe(idOf(named("app")));
  for (const endpoint of ["eastus", "westus"] as const) {
    const call = named(`pubsub call ${endpoint}`);
    expect(parentOf(call)).toBe(idOf(fanOut));
    expect(call?.kind).toBe(SpanKind.CLIENT);
    expect(call?.attributes).toMatchObject({
      "resilient_pubsub.hub": "chat",
      "resilient_pubsub.endpoint": endpoint,
      "server.address": "127.0.0.1",
      "server.port": Number(new URL(regions[endpoint].endpoint).port),
      "http.response.status_code": 202,
    });
  }
});

it.each<[string, () => void | Promise<void>]>([
  ["answers at once", () => {}],
  ["is waited for", () => Promise.resolve()],
])(
  "what the application does in authenticate, which %s, and in a handler of events is within the spans of those",
  async (_, wait) => {
    const sdk = registerSdk();
    const seen: Record<string, string | undefined> = {};
    const note = (name: string) => {
      seen[name] = trace.getSpan(context.active())?.spanContext().spanId;
    };
    const regions = await startRegions({
      negotiate: {
        authenticate: () => {
          const identify = () => {
            note("authenticate");
            return { userId: "ada" };
          };
          return wait()?.then(identify) ?? identify();
        },
      },
      upstream: {
        handleUserEvent: (_, response) => {
          note("handleUserEvent");
          response.success();
        },
      },
    });
    await regions.pubsub.ready();
    await until(async () => (await sdk.series()).size > 0);
    await regions.negotiate();
    await fetch(`${regions.url}/api/webpubsub/hubs/chat/`, eventRequest(regions.eastus, {}));
    await until(() => sdk.spans().length >= 2);
    const named = (name: string) => sdk.spans().find((span) => span.name === name);
    expect(seen.authenticate).toBe(idOf(named("pubsub negotiate")));
    expect(seen.handleUserEvent).toBe(idOf(named("pubsub upstream user")));
    expect(named("pubsub negotiate")?.attributes).toMatchObject({
      "resilient_pubsub.endpoint": "eastus",
      "resilient_pubsub.outcome": "answered",
    });
  },
);

it("a negotiate that is refused, and a call that fails, are marked as failed", async () => {
  const sdk = registerSdk();
  const regions = await startRegions();
  await regions.pubsub.ready();
  await until(async () => (await sdk.series()).size > 0);
  await regions.negotiate("?");
  await regions.eastus.inject({ kind: "accessDenied" });
  await regions.pubsub.broadcast("hi");
  const failed = sdk.spans().filter(({ status }) => status.code === 2);
  expect(failed.map(({ name, attributes }) => [name, attributes["error.type"]])).toEqual([
    ["pubsub negotiate", "ERR_UNAUTHENTICATED"],
    ["pubsub call eastus", expect.any(String)],
  ]);
});

it("without an SDK nobody listens to what comes with the traffic", async () => {
  const regions = await startRegions();
  await regions.pubsub.ready();
  expect(wants(regions.pubsub)).toEqual([]);
});

it("plugins of several hubs are told apart by the hub", async () => {
  const sdk = registerSdk();
  const regions = await startRegions();
  const news = closeAfterTest(
    resilientPubSub({
      hub: "news",
      endpoints: [
        { name: "eastus", role: "primary", connectionString: regions.eastus.connectionString },
      ],
      negotiate: { allowAnonymous: true, path: "/news" },
    }),
  );
  await Promise.all([regions.pubsub.ready(), news.ready()]);
  const { url } = closeAfterTest(await serve(express().use(news)));
  await until(async () => (await sdk.series()).size > 0);
  await regions.negotiate();
  await fetch(`${url}/news`);
  const all = await sdk.instruments();
  const negotiates = all.find(({ name }) => name === "resilient_pubsub.negotiate.duration");
  expect(negotiates?.labels).toContain("hub");
});
