import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { AnyPubSubListener, PubSubEvents, ResilientPubSub } from "express-resilient-pubsub";
import { prometheusCollector } from "express-resilient-pubsub/prometheus";
import { Registry } from "prom-client";
import { METRICS_SOURCE, type MetricsSource } from "../../src/telemetry/metrics-source.ts";
import { ScriptedEndpoints } from "../support/scripted-endpoints.ts";

/*
 * A day of operation on a fake clock: nothing but the wire is scripted, and all that happens is
 * measured.
 */
const ROUND_IN_MS = 5000;
const ROUNDS = 17_280;
const FAILOVERS = 200;
const HALF_CYCLE_IN_MS = (ROUNDS * ROUND_IN_MS) / FAILOVERS / 2;
/** By how much the heap may differ by chance. What is kept of each round would be more. */
const CHANCE_IN_BYTES = 1024 * 1024;

setFlagsFromString("--expose-gc");
const collectGarbage: () => void = runInNewContext("gc");

function usedBytes(): number {
  collectGarbage();
  return process.memoryUsage().heapUsed;
}

const TOLD_BY_NAME = ["endpointUp", "endpointDown", "failover", "failback", "allDown"] as const;

/** Events that tell what has been told already, such as that an endpoint is down which has not been up since. */
function repetitions() {
  const last = new Map<string, string>();
  const repeated: string[] = [];
  const note = (about: string, now: string): void => {
    if (last.get(about) === now) repeated.push(`${about} ${now}`);
    last.set(about, now);
  };
  const listener: AnyPubSubListener = (name, event) => {
    if (name === "endpointUp" || name === "endpointDown") note(event.endpoint, name);
    if (name === "failover" || name === "failback") note("serving", event.to);
  };
  return { listener, repeated };
}

/** A plugin as far as a collector needs one. */
function asPlugin({ events, registry }: ScriptedEndpoints): ResilientPubSub {
  const source: MetricsSource = {
    hub: "chat",
    events,
    endpoints: () => registry.all().map((endpoint) => endpoint.snapshot(false)),
    displacedOn: () => 0,
    agreement: () => undefined,
    backlog: () => undefined,
    stores: () => [],
  };
  return { [METRICS_SOURCE]: source } as unknown as ResilientPubSub;
}

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

it("24 h with 17,280 rounds of probes and 200 failovers leave memory flat and no event twice", async () => {
  const regions = new ScriptedEndpoints(["east", "west"], { schedule: "*/5 * * * * *" });
  const { events, monitor } = regions;
  const register = new Registry();
  const collector = prometheusCollector({ pubsub: asPlugin(regions), register });
  const counts = new Map<keyof PubSubEvents, number>();
  const { listener, repeated } = repetitions();
  const count: AnyPubSubListener = (name, _event) =>
    void counts.set(name, (counts.get(name) ?? 0) + 1);
  events.onAny(count, { includeFrequent: true });
  events.onAny(listener);

  void monitor.start();
  await jest.advanceTimersByTimeAsync(1000);
  let before = 0;
  for (let cycle = 0; cycle < FAILOVERS; cycle += 1) {
    // What is made once, such as compiled code, has been made by then.
    if (cycle === FAILOVERS / 10) before = usedBytes();
    await jest.advanceTimersByTimeAsync(HALF_CYCLE_IN_MS);
    regions.set("east", "crashed");
    const negotiating = regions.negotiate();
    await jest.advanceTimersByTimeAsync(HALF_CYCLE_IN_MS);
    await negotiating;
    regions.set("east", "well");
    await register.metrics();
  }
  await jest.advanceTimersByTimeAsync(HALF_CYCLE_IN_MS);
  const grownByInBytes = usedBytes() - before;
  const scraped = await register.metrics();
  collector.close();
  await monitor.close();

  expect(Object.fromEntries(TOLD_BY_NAME.map((name) => [name, counts.get(name) ?? 0]))).toEqual({
    // Each of the two once at the start.
    endpointUp: FAILOVERS + 2,
    endpointDown: FAILOVERS,
    failover: FAILOVERS,
    failback: FAILOVERS,
    allDown: 0,
  });
  expect(repeated).toEqual([]);
  expect(counts.get("probe")).toBeGreaterThanOrEqual(2 * ROUNDS);
  expect(scraped).toContain(
    `resilient_pubsub_failovers_total{hub="chat",from="east",to="west",reason="refused"} ${FAILOVERS}`,
  );
  expect(grownByInBytes).toBeLessThan(CHANCE_IN_BYTES);
  expect(jest.getTimerCount()).toBe(0);
}, 120_000);
