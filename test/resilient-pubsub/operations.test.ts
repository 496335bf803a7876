import { closeAfterTest } from "../support/clean-up.ts";
import { startEmulator } from "../support/emulator.ts";
import { connectClient } from "../support/official-client.ts";
import { type RunningRegions, startRegions } from "../support/regions.ts";
import { until } from "../support/until.ts";

async function startNorth() {
  const north = closeAfterTest(await startEmulator());
  const { connectionString } = north;
  return { north, options: { name: "north", role: "primary", connectionString } as const };
}

const endpointOf = async ({ negotiate }: RunningRegions, query?: string) =>
  (await negotiate(query)).body.endpoint ?? "nobody";

const stateOf = ({ pubsub }: RunningRegions, name: string) =>
  pubsub.endpoints.snapshot().find((endpoint) => endpoint.name === name)?.state;

describe("forceFailover", () => {
  it("sends clients to its endpoint while that is usable, and no longer than until clearForce", async () => {
    const world = await startRegions({ router: () => "eastus" });
    const { westus, pubsub, log } = world;
    await pubsub.ready();
    log.length = 0;
    pubsub.endpoints.forceFailover("westus");
    expect(await endpointOf(world)).toBe("westus");
    expect(await endpointOf(world, "?user=ada&failed=westus")).toBe("eastus");

    await westus.inject({ kind: "crash" });
    await until(async () => (await endpointOf(world)) === "eastus");
    await westus.clear();
    await until(async () => (await endpointOf(world)) === "westus");
    pubsub.endpoints.clearForce();
    expect(await endpointOf(world)).toBe("eastus");
    expect(log).toEqual([
      "failoverForced westus",
      "failover eastus -> westus (forced)",
      "endpointDown westus (refused)",
      "failback westus -> eastus",
      "endpointUp westus (refused)",
      "failover eastus -> westus (forced)",
      "forceCleared westus",
      "failback westus -> eastus",
    ]);
  });

  it("costs no broadcast a target", async () => {
    const { pubsub } = await startRegions();
    await pubsub.ready();
    pubsub.endpoints.forceFailover("westus");
    expect((await pubsub.broadcast("hi")).delivered).toEqual(["eastus", "westus"]);
  });
});

describe("an endpoint that is added while it does not answer", () => {
  it("gets neither client nor broadcast, and both once it does", async () => {
    const world = await startRegions({
      health: { schedule: "* * * * * *", timeoutInMs: 300, transitionIntervalInMs: 50 },
    });
    const { eastus, westus, pubsub } = world;
    await pubsub.ready();
    const { north, options } = await startNorth();
    await north.inject({ kind: "blackhole" });
    pubsub.endpoints.add(options);
    expect(await endpointOf(world)).toBe("eastus");
    expect((await pubsub.broadcast("hi")).delivered).toEqual(["eastus", "westus"]);
    pubsub.endpoints.drain("eastus");
    await westus.inject({ kind: "crash" });
    await until(() => stateOf(world, "westus") === "unhealthy");
    expect(await endpointOf(world)).toBe("nobody");

    await north.clear();
    await until(async () => (await endpointOf(world)) === "north");
    expect((await pubsub.broadcast("hi")).delivered).toEqual(["eastus", "north"]);
    await eastus.clear();
  }, 20_000);

  it("drained gets broadcasts first, and clients after undrain", async () => {
    const world = await startRegions();
    const { pubsub } = world;
    const { options } = await startNorth();
    pubsub.endpoints.add(options, { drained: true });
    await until(() => stateOf(world, "north") === "healthy");
    pubsub.endpoints.drain("eastus");
    expect(await endpointOf(world)).toBe("westus");
    expect((await pubsub.broadcast("hi")).delivered).toEqual(["eastus", "westus", "north"]);
    pubsub.endpoints.undrain("north");
    expect(await endpointOf(world)).toBe("north");
  });
});

describe("an endpoint that is removed", () => {
  it("still has broadcasts reach a client that has just been sent there", async () => {
    const world = await startRegions();
    const { pubsub, negotiate, log } = world;
    const { url } = (await negotiate()).body;
    pubsub.endpoints.remove("eastus", { fanOutForInMs: 500 });
    expect(await endpointOf(world)).toBe("westus");
    const { received, connectionIds } = await connectClient(url);
    await until(() => connectionIds.length === 1);
    expect((await pubsub.broadcast("during the grace")).delivered).toEqual(["eastus", "westus"]);
    await until(() => received.includes("during the grace"));
    await until(() => log.includes("endpointRemoved eastus"));
    expect((await pubsub.broadcast("after it")).delivered).toEqual(["westus"]);
    expect(pubsub.endpoints.snapshot().map(({ name }) => name)).toEqual(["westus"]);
  });
});
