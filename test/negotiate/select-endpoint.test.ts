import type { Request } from "express";
import { EndpointRegistry } from "../../src/endpoints/registry.ts";
import { HealthMonitor } from "../../src/health/monitor.ts";
import { TypedEvents } from "../../src/kit/typed-events.ts";
import { selectEndpoint } from "../../src/negotiate/select-endpoint.ts";
import { parseOptions } from "../../src/options/parse-options.ts";
import { createEndpoint } from "../../src/service/endpoint.ts";

const never = () => new Promise<never>(() => {});

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

/** One endpoint whose last check took so long, and whose next is not answered. */
function setUp(lastDurationInMs: number) {
  const configuration = parseOptions({
    hub: "chat",
    endpoints: [
      { name: "a", role: "primary", connectionString: "Endpoint=https://a.example;AccessKey=k" },
    ],
    negotiate: { allowAnonymous: true },
    health: { schedule: false, onDemandMaxAgeInMs: 0 },
  });
  const events = new TypedEvents();
  const endpoints = configuration.endpoints.map((endpoint) => createEndpoint(endpoint, "chat"));
  const registry = new EndpointRegistry(endpoints, configuration.health, events);
  const timing = { at: 0, durationInMs: lastDurationInMs };
  registry.recordProbe(registry.get("a"), 1, { ok: true }, timing);
  const monitor = new HealthMonitor(registry, configuration.health, {
    health: never,
    credentials: never,
  });
  const parts = { configuration, registry, monitor, events, random: () => 0 };
  return selectEndpoint(parts, {} as Request, new Set(), performance.now() + 500);
}

it("waits for the verdict, but no longer than the budget", async () => {
  const settled = jest.fn();
  void setUp(20).then(settled);
  await jest.advanceTimersByTimeAsync(499);
  expect(settled).not.toHaveBeenCalled();
  await jest.advanceTimersByTimeAsync(1);
  expect(settled).toHaveBeenCalledWith(expect.objectContaining({ name: "a" }));
});

it("does not wait for an endpoint that is known to answer later than the budget", async () => {
  expect((await setUp(900))?.name).toBe("a");
});
