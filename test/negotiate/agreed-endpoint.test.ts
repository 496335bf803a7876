import type { HealthOptions } from "express-resilient-pubsub";
import { type AppServer, startCluster } from "../coordination/support/cluster.ts";
import { until } from "../support/until.ts";

const stateOf = ({ pubsub }: AppServer, name: string) =>
  pubsub.endpoints.snapshot().find((endpoint) => endpoint.name === name)?.state;

async function startServer(health: Partial<HealthOptions> = {}) {
  const { servers, ...regions } = await startCluster(0);
  const server = await regions.join({
    coordination: { store: regions.store, pollIntervalInMs: 400, leaseInMs: 2000 },
    // Nothing but negotiates looks at the endpoints.
    health: { schedule: false, timeoutInMs: 500, transitionIntervalInMs: 20, ...health },
  });
  await server.pubsub.ready();
  return { ...regions, server };
}

describe("negotiate where servers agree on one endpoint", () => {
  it("says the epoch, and marks the client for the sweep", async () => {
    const { server } = await startServer();
    const { body } = await server.negotiate();
    expect(body).toMatchObject({ endpoint: "eastus", role: "primary", epoch: 1 });
    const token = new URL(body.url).searchParams.get("access_token") ?? "";
    const claims = JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString());
    expect(claims["webpubsub.group"]).toEqual(["resilient-pubsub.placed"]);
  });

  it("gives no other endpoint to a client that has failed on it, but looks", async () => {
    const { server, eastus } = await startServer();
    expect((await server.negotiate("?failed=eastus")).body).toMatchObject({ endpoint: "eastus" });
    await eastus.inject({ kind: "unhealthy" });
    await server.negotiate("?failed=eastus");
    await until(() => stateOf(server, "eastus") === "unhealthy");
  });

  it("waits a moment for the next agreement when the endpoint looks dead", async () => {
    const { server, eastus } = await startServer();
    await eastus.inject({ kind: "crash" });
    await server.negotiate("?failed=eastus");
    await until(() => stateOf(server, "eastus") === "unhealthy");
    expect((await server.negotiate()).body).toMatchObject({ endpoint: "westus", epoch: 2 });
  });

  it("looks before it answers when a client has failed on it, and then waits as well", async () => {
    const { server, eastus } = await startServer();
    await server.negotiate();
    await eastus.inject({ kind: "crash" });
    const { body } = await server.negotiate("?failed=eastus");
    expect(body).toMatchObject({ endpoint: "westus", epoch: 2 });
  });

  it("looks before it answers when nobody has for long", async () => {
    const { server, eastus } = await startServer({ onDemandMaxAgeInMs: 0 });
    await eastus.inject({ kind: "crash" });
    expect((await server.negotiate()).body).toMatchObject({ endpoint: "westus", epoch: 2 });
  });

  it("rejects when no endpoint at all is healthy, or fails open", async () => {
    const { server, eastus, westus, join } = await startServer();
    const open = await join({
      negotiate: { allowAnonymous: true, whenNoneHealthy: "primary" },
    });
    await open.pubsub.ready();
    await Promise.all([eastus, westus].map((region) => region.inject({ kind: "unhealthy" })));
    await Promise.all(
      [server, open].map(({ negotiate }) => negotiate("?failed=eastus&failed=westus")),
    );
    const isDown = (one: AppServer) =>
      one.pubsub.endpoints.snapshot().every(({ state }) => state === "unhealthy");
    await until(() => isDown(server) && isDown(open));
    expect(await server.negotiate()).toMatchObject({
      status: 503,
      body: { code: "ERR_NO_HEALTHY_ENDPOINT" },
    });
    const { status, body } = await open.negotiate();
    expect([status, body.epoch]).toEqual([200, open.pubsub.coordination.status().agreement?.epoch]);
  });

  it("holds for tokens that are asked for without a request", async () => {
    const { server } = await startServer();
    await server.pubsub.coordination.switchTo("westus");
    expect(await server.pubsub.getClientAccessToken()).toMatchObject({ endpoint: "westus" });
  });
});
