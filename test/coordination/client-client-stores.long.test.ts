import { setTimeout as wait } from "node:timers/promises";
import { type EndpointOptions, resilientPubSub } from "express-resilient-pubsub";
import type { Fault } from "express-resilient-pubsub/emulator";
import { redisStore } from "express-resilient-pubsub/stores/redis";
import { createClient } from "redis";
import { freePort, startRedis } from "../../demo-app/processes/redis-server.ts";
import { closeAfterTest } from "../support/clean-up.ts";
import { startName } from "../support/name.ts";
import { describeWithRedis, REDIS_OR_ITS_ABSENCE } from "../support/redis-server.ts";
import { serve } from "../support/serve.ts";
import { until } from "../support/until.ts";
import { type AppServer, type Cluster, startCluster } from "./support/cluster.ts";
import { storeWith } from "./support/faulty-store.ts";

jest.setTimeout(40_000);

const activeOf = ({ pubsub }: AppServer) => pubsub.coordination.status().agreement?.active;

describe("app servers that all rename an endpoint", () => {
  const renamed = ({ eastus, westus }: Cluster): { endpoints: EndpointOptions[] } => ({
    endpoints: [
      { name: "eastus2", role: "primary", connectionString: eastus.connectionString },
      { name: "westus", role: "secondary", connectionString: westus.connectionString },
    ],
  });

  it("are ready when those before have ended, and send clients to one that all know", async () => {
    const cluster = await startCluster(2);
    await Promise.all(cluster.servers.map(({ pubsub }) => pubsub.close()));
    const next = [await cluster.join(renamed(cluster)), await cluster.join(renamed(cluster))];
    for (const { pubsub } of next) await pubsub.ready();
    for (const { negotiate } of next) {
      expect((await negotiate()).body).toMatchObject({ endpoint: "eastus2", epoch: 2 });
    }
  });

  it("are ready within a lease when those before have died without a word", async () => {
    const cluster = await startCluster(0);
    const options = { signal: AbortSignal.timeout(10_000) };
    const connection = await cluster.store.open("chat", options);
    const agreement = { epoch: 4, active: "eastus", url: "https://x", since: 0, reason: "first" };
    const record = { format: 2, agreement, leader: "dead", renewals: 3 };
    await connection.replaceRecord(undefined, JSON.stringify(record), options);
    const endpoints = [{ name: "eastus", url: "https://x", role: "primary", state: "healthy" }];
    const heartbeat = JSON.stringify({ format: 2, sequence: 9, endpoints });
    await connection.writeObservation("dead", heartbeat, 1000, options);
    const server = await cluster.join(renamed(cluster));
    await until(() =>
      server.pubsub.ready().then(
        () => true,
        () => false,
      ),
    );
    expect((await server.negotiate()).body).toMatchObject({ endpoint: "eastus2", epoch: 5 });
  });
});

describe("while one app server sees the active endpoint down", () => {
  it.each<[string, Fault, (first: AppServer) => Promise<unknown>, string]>([
    ["crashed", { kind: "crash" }, ({ negotiate }) => negotiate("?failed=eastus"), "refused"],
    [
      "green, and fails every call",
      { kind: "gray" },
      ({ pubsub }) => Promise.allSettled([pubsub.broadcast("hi")]),
      "failing-calls",
    ],
  ])(
    "that is %s, the others look at once, though they have no traffic and no schedule",
    async (_, fault, use, reason) => {
      const { servers, eastus, join } = await startCluster(0);
      const health = { schedule: false, timeoutInMs: 500, transitionIntervalInMs: 20 } as const;
      for (let count = 0; count < 3; count += 1) await join({ health });
      const states = () => servers.map(({ pubsub }) => pubsub.endpoints.snapshot()[0]?.state);
      const allHealthy = servers.map(() => "healthy");
      // One is ready by what the others saw, though its own first look may have come too late.
      await until(() => states().every((state) => state === "healthy"));
      await eastus.inject(fault);
      await wait(200);
      const [first, ...idle] = servers as [AppServer, ...AppServer[]];
      expect(states()).toEqual(allHealthy);
      await until(async () => {
        await use(first);
        return servers.every((server) => activeOf(server) === "westus");
      });
      const reasons = idle.map(({ pubsub }) => pubsub.endpoints.snapshot()[0]?.reason);
      expect(reasons).toContain(reason);
    },
  );

  it("nobody is moved when only its own way there is broken", async () => {
    const { servers, westus, eastus, join } = await startCluster(2);
    const way = closeAfterTest(await startName(eastus.port));
    const reverseProxyEndpoint = `http://127.0.0.1:${way.port}`;
    const { connectionString } = eastus;
    const broken = await join({
      endpoints: [
        { name: "eastus", role: "primary", connectionString, reverseProxyEndpoint },
        { name: "westus", role: "secondary", connectionString: westus.connectionString },
      ],
    });
    await broken.pubsub.ready();
    way.leadTo(await freePort());
    way.cut();
    await until(() => broken.pubsub.endpoints.snapshot()[0]?.state === "unhealthy");
    await wait(1_000);
    expect(servers.map(activeOf)).toEqual(["eastus", "eastus", "eastus"]);
  });
});

it("app servers move from an endpoint whose health route is green and whose calls fail", async () => {
  const { servers, eastus } = await startCluster(3);
  await eastus.inject({ kind: "gray" });
  await until(async () => {
    await Promise.allSettled(servers.map(({ pubsub }) => pubsub.broadcast("hi")));
    return servers.every((server) => activeOf(server) === "westus");
  });
  const reasons = servers.map(({ pubsub }) => pubsub.endpoints.snapshot()[0]?.reason);
  expect(reasons.filter((reason) => reason === "failing-calls").length).toBeGreaterThanOrEqual(2);
});

it("app servers agree on one endpoint for one hub, whatever the case of its name", async () => {
  const { servers, join } = await startCluster(1);
  await join({ hub: "Chat" });
  await join({ hub: "CHAT" });
  await Promise.all(servers.map(({ pubsub }) => pubsub.ready()));
  await servers[1]?.pubsub.coordination.switchTo("westus");
  await until(() => servers.every((server) => activeOf(server) === "westus"));
  const leaders = servers.filter(({ pubsub }) => pubsub.coordination.status().isLeader);
  expect(leaders).toHaveLength(1);
});

describe("a plugin whose store cannot be closed", () => {
  it.each<[string, unknown]>([
    ["never settles", () => new Promise(() => {})],
    ["rejects", () => Promise.reject(new Error("x"))],
    [
      "throws",
      () => {
        throw new Error("x");
      },
    ],
    ["is missing", undefined],
  ])("is closed, with all that it does, and tells so: close %s", async (_, close) => {
    let checks = 0;
    const service = await serve((_, res) => {
      checks += 1;
      res.end();
    });
    const connectionString = `Endpoint=${closeAfterTest(service).url};AccessKey=k;`;
    const pubsub = resilientPubSub({
      hub: "chat",
      endpoints: [{ name: "eastus", role: "primary", connectionString }],
      topology: "client-client",
      coordination: { store: storeWith({ close }) },
      negotiate: { allowAnonymous: true },
      health: { schedule: "* * * * * *" },
    });
    await pubsub.ready();
    const failures: unknown[] = [];
    pubsub.events.on("closeFailed", ({ error }) => void failures.push(error));
    await pubsub.close();
    expect(failures).toEqual([expect.any(Error)]);
    const before = checks;
    await wait(1_200);
    expect(checks).toBe(before);
  });
});

describeWithRedis(`app servers whose store in ${REDIS_OR_ITS_ABSENCE} fails over`, () => {
  async function command(port: number, ...args: string[]) {
    const client = await createClient({ url: `redis://127.0.0.1:${port}` }).connect();
    const answer = await client.sendCommand(args);
    client.destroy();
    return String(answer);
  }

  it("keep their agreement and can move again within a few polls", async () => {
    const atOnce = ["--repl-diskless-sync-delay", "0"];
    const [old, next] = [
      closeAfterTest(await startRedis(atOnce)),
      closeAfterTest(await startRedis(atOnce)),
    ];
    await command(next.port, "REPLICAOF", "127.0.0.1", String(old.port));
    await until(async () => /master_link_status:up/.test(await command(next.port, "INFO")));
    const name = closeAfterTest(await startName(old.port));
    const store = redisStore({ url: `redis://127.0.0.1:${name.port}` });
    const { servers } = await startCluster(2, store);
    const key = "resilient-pubsub:{chat}:agreement";
    await until(async () => (await command(next.port, "EXISTS", key)) === "1");
    await command(next.port, "REPLICAOF", "NO", "ONE");
    name.leadTo(next.port);
    await command(old.port, "REPLICAOF", "127.0.0.1", String(next.port));
    const order = () => servers[0]?.pubsub.coordination.switchTo("westus").catch(() => undefined);
    expect(await until(order)).toMatchObject({ epoch: 2 });
    await until(() => servers.every((server) => activeOf(server) === "westus"));
    expect(servers.map(({ pubsub }) => pubsub.coordination.status().store.isReachable)).toEqual([
      true,
      true,
    ]);
    // One client for both, as both were given one store.
    expect(name.dialled).toBe(2);
  });
});

it("a plugin of another hub agrees apart, in the same store", async () => {
  const { servers, store, eastus, westus } = await startCluster(1);
  const other = closeAfterTest(
    resilientPubSub({
      hub: "news",
      endpoints: [
        { name: "eastus", role: "primary", connectionString: eastus.connectionString },
        { name: "westus", role: "secondary", connectionString: westus.connectionString },
      ],
      topology: "client-client",
      coordination: { store, pollIntervalInMs: 50, leaseInMs: 1000 },
      negotiate: { allowAnonymous: true },
    }),
  );
  await other.ready();
  await servers[0]?.pubsub.coordination.switchTo("westus");
  await wait(300);
  expect(other.coordination.status().agreement?.active).toBe("eastus");
});
