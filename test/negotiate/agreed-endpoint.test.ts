import type { HealthOptions } from "express-resilient-pubsub";
import type { Fault } from "express-resilient-pubsub/emulator";
import { type AppServer, startCluster } from "../coordination/support/cluster.ts";
import { until } from "../support/until.ts";

const snapshotOf = ({ pubsub }: AppServer, name: string) =>
  pubsub.endpoints.snapshot().find((endpoint) => endpoint.name === name);

const stateOf = (server: AppServer, name: string) => snapshotOf(server, name)?.state;

const reasonOf = (server: AppServer, name: string) => snapshotOf(server, name)?.reason;

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
  it("says which agreement it is, and marks the client for the sweep", async () => {
    const { server } = await startServer();
    const { body } = await server.negotiate();
    const { incarnation } = server.pubsub.coordination.status().agreement ?? {};
    expect(incarnation).toMatch(/^[0-9a-z]+$/);
    expect(body).toMatchObject({ endpoint: "eastus", role: "primary", epoch: 1, incarnation });
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

  describe("answers with the endpoint that all have agreed on while it answers, where no other does,", () => {
    const down: Fault = { kind: "unhealthy" };

    it("though it has come and gone too often", async () => {
      const { server, eastus, westus } = await startServer();
      await westus.inject({ kind: "crash" });
      const isIn = async (state: string): Promise<boolean> => {
        await server.negotiate("?failed=eastus&failed=westus");
        return stateOf(server, "eastus") === state;
      };
      for (const fault of [down, down, down]) {
        await eastus.inject(fault);
        await until(() => isIn("unhealthy"));
        await eastus.clear();
        await until(async () => (await server.negotiate("?failed=eastus")).status === 200);
      }
      expect(stateOf(server, "eastus")).toBe("unhealthy");
      const { status, body } = await server.negotiate();
      expect([status, body.endpoint]).toEqual([200, "eastus"]);
    }, 20_000);

    it("though calls to it have failed", async () => {
      const { server, eastus, westus } = await startServer();
      await westus.inject({ kind: "crash" });
      await eastus.inject({ kind: "gray" });
      await until(async () => {
        await server.pubsub.broadcast("hello", { contentType: "text/plain" }).catch(() => {});
        return reasonOf(server, "eastus") === "failing-calls";
      });
      const { status, body } = await server.negotiate();
      expect([status, body.endpoint]).toEqual([200, "eastus"]);
    });
  });

  it("holds for tokens that are asked for without a request", async () => {
    const { server } = await startServer();
    await server.pubsub.coordination.switchTo("westus");
    expect(await server.pubsub.getClientAccessToken()).toMatchObject({ endpoint: "westus" });
  });
});
