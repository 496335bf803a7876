import { startRegions } from "../support/regions.ts";
import { until } from "../support/until.ts";

it("a snapshot tells who serves, what has failed last, the last canary and the sockets in use", async () => {
  const { eastus, pubsub, negotiate } = await startRegions();
  const of = (name: string) => pubsub.endpoints.snapshot().find((one) => one.name === name);
  await pubsub.ready();
  await pubsub.broadcast("hi");
  expect(of("eastus")).toMatchObject({
    serving: true,
    lastFailure: undefined,
    lastCanary: { ok: true },
    sockets: { open: 1, waiting: 0, max: 64 },
  });
  expect(of("westus")?.serving).toBe(false);

  await eastus.inject({ kind: "throttle", retryAfterInSeconds: 60 });
  await pubsub.broadcast("hi");
  expect(of("eastus")).toMatchObject({
    state: "healthy",
    lastFailure: { operation: "broadcast", status: 429, at: expect.any(Number) },
  });

  await eastus.inject({ kind: "crash" });
  await until(async () => (await negotiate()).body.endpoint === "westus");
  expect(of("eastus")).toMatchObject({
    serving: false,
    lastProbe: { ok: false, code: expect.stringMatching(/^ECONN/) },
  });
  expect(of("westus")?.serving).toBe(true);
});
