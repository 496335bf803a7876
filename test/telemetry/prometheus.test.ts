import { memoryHistory, type ResilientPubSub, resilientPubSub } from "express-resilient-pubsub";
import { prometheusCollector } from "express-resilient-pubsub/prometheus";
import { Registry } from "prom-client";
import type { TypedEvents } from "../../src/kit/typed-events.ts";
import { EVENT_INSTRUMENTS } from "../../src/telemetry/event-instruments.ts";
import { GAUGES } from "../../src/telemetry/gauges.ts";
import { prometheusName } from "../../src/telemetry/prometheus-name.ts";
import { closeAfterTest } from "../support/clean-up.ts";
import { startRegions } from "../support/regions.ts";

const linesOf = async (register: Registry): Promise<string[]> =>
  (await register.metrics()).split("\n").filter((line) => line !== "" && !line.startsWith("#"));

function pluginOf(hub: string): ResilientPubSub {
  const connectionString = "Endpoint=http://127.0.0.1:9;AccessKey=k";
  return closeAfterTest(
    resilientPubSub({
      hub,
      endpoints: [{ name: "east", role: "primary", connectionString }],
      health: { schedule: false },
      negotiate: { allowAnonymous: true },
    }),
  );
}

it("a scrape has what has happened and what is so", async () => {
  const register = new Registry();
  const regions = await startRegions({ history: { store: memoryHistory() } });
  const collector = closeAfterTest(prometheusCollector({ pubsub: regions.pubsub, register }));
  await regions.pubsub.ready();
  await regions.negotiate("?user=ada&failed=eastus");
  await regions.pubsub.broadcast("hi");
  const lines = await linesOf(register);
  const expected = [
    'negotiate_duration_seconds_count{hub="chat",endpoint="westus",outcome="fallback"} 1',
    'negotiate_claimed_failures_total{hub="chat",endpoint="eastus"} 1',
    'operation_duration_seconds_count{hub="chat",operation="broadcast",outcome="delivered"} 1',
    'fan_out_duration_seconds_count{hub="chat",endpoint="eastus",operation="broadcast",outcome="delivered"} 1',
    'history_messages_total{hub="chat",outcome="logged"} 1',
    'endpoint_state{hub="chat",endpoint="eastus",role="primary",state="healthy"} 1',
    'endpoint_state{hub="chat",endpoint="westus",role="secondary",state="unhealthy"} 0',
    'endpoint_serving{hub="chat",endpoint="eastus"} 1',
    'store_up{hub="chat",store="history"} 1',
  ];
  for (const line of expected) expect(lines).toContain(`resilient_pubsub_${line}`);
  collector.close();
  expect(await linesOf(register)).toEqual([]);
});

it("an endpoint that was removed is no longer among what is so", async () => {
  const register = new Registry();
  const regions = await startRegions();
  closeAfterTest(prometheusCollector({ pubsub: regions.pubsub, register }));
  regions.pubsub.endpoints.remove("westus", { fanOutForInMs: 0 });
  await new Promise(setImmediate);
  const states = (await linesOf(register)).filter((line) => line.includes("endpoint_state"));
  expect(states.filter((line) => line.includes("westus"))).toEqual([]);
});

it("the plugins of several hubs share a registry, and are told apart", async () => {
  const register = new Registry();
  closeAfterTest(prometheusCollector({ pubsub: [pluginOf("chat"), pluginOf("news")], register }));
  const states = (await linesOf(register)).filter((line) => line.includes('state="unknown"'));
  expect(states.map((line) => /hub="(\w+)"/.exec(line)?.[1])).toEqual(["chat", "news"]);
});

it("a registry takes the metrics once, and says so", () => {
  const register = new Registry();
  const pubsub = pluginOf("chat");
  closeAfterTest(prometheusCollector({ pubsub, register }));
  expect(() => prometheusCollector({ pubsub, register })).toThrow("already been registered");
});

it.each([[undefined], [null], [{}], [[]], [[{}]]])("%j is no plugin, and is refused", (pubsub) => {
  expect(() => prometheusCollector({ pubsub: pubsub as never, register: new Registry() })).toThrow(
    expect.objectContaining({ code: "ERR_INVALID_ARGUMENT" }),
  );
});

it("a collector is not taken for the application, which may listen to nothing", () => {
  const pubsub = pluginOf("chat");
  closeAfterTest(prometheusCollector({ pubsub, register: new Registry() }));
  const events = pubsub.events as TypedEvents;
  expect([events.isHeard("allDown"), events.wants("allDown")]).toEqual([false, true]);
});

it("names and labels are what Prometheus takes, and no two are the same", () => {
  const all = [...GAUGES, ...EVENT_INSTRUMENTS];
  const names = all.map(prometheusName);
  expect(new Set(names).size).toBe(names.length);
  for (const name of names) expect(name).toMatch(/^resilient_pubsub_[a-z_]+$/);
  for (const { name, labels } of all) {
    expect(name).toMatch(/^resilient_pubsub(\.[a-z_]+)+$/);
    expect([name, labels.includes("hub")]).toEqual([name, false]);
  }
});
