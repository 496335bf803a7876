import type { PubSubEvents } from "../../src/contract/events.ts";
import type { ProbeOutcome } from "../../src/endpoints/health-state.ts";
import { EndpointRegistry } from "../../src/endpoints/registry.ts";
import { TypedEvents } from "../../src/kit/typed-events.ts";
import { parseEndpoint } from "../../src/options/parse-options.ts";
import { createEndpoint } from "../../src/service/endpoint.ts";
import { useFakeTime } from "../support/clean-up.ts";

useFakeTime({ now: 1_000_000, mayLeaveTimers: true });

/** One endpoint, and what is told when it goes down and comes back. */
function setUp() {
  const events = new TypedEvents();
  const connectionString = "Endpoint=https://eastus.example;AccessKey=k";
  const options = parseEndpoint({ name: "eastus", role: "primary", connectionString });
  const registry = new EndpointRegistry([createEndpoint(options, "chat")], THRESHOLDS, events);
  const eastus = registry.get("eastus");
  const told: PubSubEvents["endpointUp" | "endpointDown"][] = [];
  events.on("endpointUp", (event) => void told.push(event));
  events.on("endpointDown", (event) => void told.push(event));
  let sequence = 0;
  const probe = (outcome: ProbeOutcome): void =>
    registry.recordProbe(eastus, ++sequence, outcome, { at: Date.now(), durationInMs: 20 });
  return { eastus, registry, told, probe };
}

const THRESHOLDS = { fall: 1, rise: 1 };

it("a first success tells of no time before it, and a failure of how long the endpoint was up", () => {
  const { probe, told } = setUp();
  probe({ ok: true });
  jest.advanceTimersByTime(90_000);
  probe({ ok: false, reason: "refused", code: "ECONNREFUSED" });
  const failure = { at: 1_090_020, operation: "health check", status: undefined };
  expect(told).toEqual([
    { endpoint: "eastus" },
    {
      endpoint: "eastus",
      reason: "refused",
      failure: { ...failure, code: "ECONNREFUSED" },
      upForInMs: 90_000,
    },
  ]);
});

it("a recovery tells of how long the endpoint was down, and why", () => {
  const { probe, told } = setUp();
  probe({ ok: true });
  probe({ ok: false, reason: "status(503)" });
  jest.advanceTimersByTime(7_000);
  probe({ ok: true });
  expect(told.at(-1)).toEqual({ endpoint: "eastus", reason: "status(503)", downForInMs: 7000 });
});

it("an endpoint that has never been up is not said to have been up for a while", () => {
  const { probe, told } = setUp();
  jest.advanceTimersByTime(5000);
  probe({ ok: false, reason: "status(503)" });
  const failure = { at: 1_005_020, operation: "health check", status: 503, code: undefined };
  expect(told).toEqual([{ endpoint: "eastus", reason: "status(503)", failure }]);
});

it("an endpoint that is out for its calls tells of the call or canary, not of a health check", () => {
  const { eastus, probe, registry, told } = setUp();
  probe({ ok: true });
  registry.recordFailure(eastus, "broadcast", { status: 500, code: undefined });
  registry.recordCanary(eastus, false);
  expect(told.at(-1)).toMatchObject({
    reason: "failing-calls",
    failure: { at: 1_000_000, operation: "broadcast", status: 500, code: undefined },
  });
});
