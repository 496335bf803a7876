import type { FanOutError } from "express-resilient-pubsub";
import { connectClient } from "../support/official-client.ts";
import { startRegions } from "../support/regions.ts";
import { until } from "../support/until.ts";

test("broadcasts reach the clients of ejected endpoints that negotiate uses for want of better ones", async () => {
  const { eastus, westus, pubsub, negotiate } = await startRegions({
    health: { schedule: false, onDemandMaxAgeInMs: 60_000 },
  });
  await pubsub.ready();
  // Green health checks and failing sends, in both regions.
  for (const region of [eastus, westus]) await region.inject({ kind: "gray" });
  const states = () => pubsub.endpoints.snapshot().map(({ state, reason }) => [state, reason]);
  await until(async () => {
    await pubsub.broadcast("evidence").catch((error: FanOutError) => error);
    return states().every(([, reason]) => reason === "failing-calls");
  });

  const { status, body } = await negotiate();
  expect([status, body.endpoint]).toEqual([200, "eastus"]);
  const { received } = await connectClient(body.url);
  for (const region of [eastus, westus]) await region.clear();
  expect((await pubsub.broadcast("hello")).delivered).toEqual(["eastus", "westus"]);
  await until(() => received.includes("hello"));
});

test("an ejected endpoint is skipped by broadcasts as long as there is a better one", async () => {
  const { eastus, pubsub } = await startRegions({
    health: { schedule: false, onDemandMaxAgeInMs: 60_000 },
  });
  await pubsub.ready();
  await eastus.inject({ kind: "gray" });
  await until(async () => {
    const { skipped } = await pubsub.broadcast("evidence");
    return skipped.some(({ reason }) => reason === "failing-calls");
  });
});
