import { connectClient } from "../support/official-client.ts";
import { type RunningRegions, startRegions } from "../support/regions.ts";
import { until } from "../support/until.ts";

interface Sample {
  readonly at: number;
  readonly status: number;
  readonly endpoint: string;
  readonly durationInMs: number;
}

/** Negotiates 50 times a second until told to stop; the answers, with the time of each request. */
function negotiateSteadily({ negotiate }: RunningRegions) {
  const samples: Sample[] = [];
  const pending = new Set<Promise<void>>();
  const timer = setInterval(() => {
    const at = performance.now();
    const sample = negotiate().then(({ status, body }) => {
      samples.push({ at, status, endpoint: body.endpoint, durationInMs: performance.now() - at });
      pending.delete(sample);
    });
    pending.add(sample);
  }, 20);
  return {
    samples,
    stop: async () => {
      clearInterval(timer);
      await Promise.all(pending);
    },
  };
}

it("a crash under 50 negotiates a second fails none; 1 s later none names the dead endpoint; after the heal they return", async () => {
  const world = await startRegions();
  await world.pubsub.ready();
  const load = negotiateSteadily(world);
  await until(() => load.samples.length >= 10);

  const crashedAt = performance.now();
  await world.eastus.inject({ kind: "crash" });
  await until(() => load.samples.some(({ at, endpoint }) => at > crashedAt + 1500 && endpoint));

  const healedAt = performance.now();
  await world.eastus.clear();
  await until(() => load.samples.at(-1)?.endpoint === "eastus");
  const backAt = load.samples.find(
    ({ at, endpoint }) => at > healedAt && endpoint === "eastus",
  )?.at;
  await load.stop();

  expect(load.samples.filter(({ status }) => status !== 200)).toEqual([]);
  const late = load.samples.filter(({ at }) => at > crashedAt + 1000 && at < healedAt);
  expect(late.length).toBeGreaterThan(10);
  expect(late.filter(({ endpoint }) => endpoint !== "westus")).toEqual([]);
  expect((backAt ?? Number.POSITIVE_INFINITY) - healedAt).toBeLessThan(3000);
  expect(world.log).toEqual([
    "endpointUp eastus",
    "endpointUp westus",
    "endpointDown eastus (refused)",
    "failover eastus -> westus (refused)",
    "endpointUp eastus (refused)",
    "failback westus -> eastus",
  ]);
});

it("without any traffic the health job finds a crash and the way back", async () => {
  const world = await startRegions({ health: { schedule: "* * * * * *" } });
  await world.pubsub.ready();
  await world.eastus.inject({ kind: "crash" });
  await until(() => world.log.includes("failover eastus -> westus (refused)"));
  await world.eastus.clear();
  await until(() => world.log.includes("failback westus -> eastus"));
});

it("with the primary silent, negotiate answers in well under a second and a broadcast reaches the others at once", async () => {
  const world = await startRegions();
  await world.pubsub.ready();
  const west = await connectClient((await world.negotiate("?user=bob&failed=eastus")).body.url);
  await world.eastus.inject({ kind: "blackhole" });
  const load = negotiateSteadily(world);
  const sending = world.pubsub.broadcast("hi", { timeoutInMs: 1500 });
  await until(() => west.received.length > 0);
  expect(world.pubsub.endpoints.snapshot()[0]?.state).toBe("healthy");
  await until(() => world.log.includes("failover eastus -> westus (timeout)"));
  await load.stop();
  expect((await sending).delivered).toEqual(["westus"]);
  expect(load.samples.filter(({ status }) => status !== 200)).toEqual([]);
  const slowest = Math.max(...load.samples.map(({ durationInMs }) => durationInMs));
  expect(slowest).toBeLessThan(1500);
});

it("real clients move to the secondary, hear a broadcast there, and new ones return to the primary", async () => {
  const world = await startRegions();
  await world.pubsub.ready();
  const url = async () => (await world.negotiate()).body.url;
  const moving = await connectClient(url, { reconnectRetryOptions: { retryDelayInMs: 50 } });
  await world.eastus.inject({ kind: "crash" });
  await until(() => moving.connectionIds.length === 2);
  await world.pubsub.broadcast("are you there?");
  await until(() => moving.received.length > 0);
  expect(moving.received).toEqual(["are you there?"]);

  await world.eastus.clear();
  await until(async () => (await world.negotiate()).body.endpoint === "eastus");
  const fresh = await connectClient(url);
  await world.pubsub.broadcast("welcome home");
  await until(() => moving.received.length === 2 && fresh.received.length === 1);
});

it("an app server that starts while its primary is down serves from the secondary", async () => {
  const world = await startRegions({ health: { schedule: false } });
  await world.eastus.inject({ kind: "crash" });
  await world.pubsub.ready();
  expect((await world.negotiate()).body.endpoint).toBe("westus");
  expect(world.log).toEqual([
    "endpointUp westus",
    "endpointDown eastus (refused)",
    "failover eastus -> westus (refused)",
  ]);
});

it("a secondary that dies while it serves is found out by the negotiates as well", async () => {
  const world = await startRegions({ health: { schedule: false, onDemandMaxAgeInMs: 0 } });
  await world.pubsub.ready();
  world.pubsub.endpoints.drain("eastus");
  await world.westus.inject({ kind: "crash" });
  const { status, body } = await world.negotiate();
  expect({ status, code: body.code }).toEqual({ status: 503, code: "ERR_NO_HEALTHY_ENDPOINT" });
  expect(world.log).toContain("allDown");
});
