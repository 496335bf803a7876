import { WebPubSubServiceClient } from "@azure/web-pubsub";
import {
  type CoordinationStore,
  memoryStore,
  type ResilientPubSubError,
  resilientPubSub,
  type StoreConnection,
} from "express-resilient-pubsub";
import { ResilientPubSubClient } from "express-resilient-pubsub/client";
import { WebSocket } from "ws";
import { closeAfterTest } from "../support/clean-up.ts";
import { closingOf, JSON_PROTOCOL } from "../support/closing-of.ts";
import { until } from "../support/until.ts";
import { type AppServer, startCluster } from "./support/cluster.ts";

async function placesOf(servers: readonly AppServer[]): Promise<string[]> {
  const answers = await Promise.all(servers.map((server) => server.negotiate()));
  return answers.map(({ status, body }) =>
    status === 200 ? `${body.endpoint} ${body.epoch}` : body.code,
  );
}

/** A client of that server, in the group, with what it has heard. */
async function joinGroup({ url }: AppServer) {
  const client = new ResilientPubSubClient(`${url}/negotiate`, { reconnectSpreadInMs: 100 });
  closeAfterTest({ close: () => client.stop() });
  const heard = new Set<unknown>();
  client.on("group-message", ({ message }) => void heard.add(message.data));
  await client.start();
  await client.joinGroup("g");
  return { client, heard };
}

async function allHearAll(members: Awaited<ReturnType<typeof joinGroup>>[]): Promise<void> {
  await until(async () => {
    for (const { heard } of members) heard.clear();
    await Promise.all(
      members.map(({ client }, index) => client.sendToGroup("g", index, "json").catch(() => {})),
    );
    await new Promise((resolve) => setTimeout(resolve, 50));
    return members.every(({ heard }) => heard.size === members.length);
  });
}

describe("three app servers of the client-client topology", () => {
  it("send everybody to the same endpoint, with the number of their agreement", async () => {
    const { servers } = await startCluster(3);
    expect(await placesOf(servers)).toEqual(["eastus 1", "eastus 1", "eastus 1"]);
    expect(servers.map(({ log }) => log)).toEqual([
      ["agreementChanged 1 eastus (first)"],
      ["agreementChanged 1 eastus (first)"],
      ["agreementChanged 1 eastus (first)"],
    ]);
    expect(servers.filter(({ pubsub }) => pubsub.coordination.status().isLeader)).toHaveLength(1);
  });

  it("move together when the active endpoint crashes, and stay when it is back", async () => {
    const { servers, eastus } = await startCluster(3);
    const members = await Promise.all(servers.map(joinGroup));
    await allHearAll(members);
    await eastus.inject({ kind: "crash" });
    await until(async () => (await placesOf(servers)).every((place) => place === "westus 2"));
    await allHearAll(members);
    await eastus.clear();
    await until(() =>
      servers.every(({ pubsub }) =>
        pubsub.endpoints.snapshot().every(({ state }) => state === "healthy"),
      ),
    );
    expect(await placesOf(servers)).toEqual(["westus 2", "westus 2", "westus 2"]);
    expect(members.map(({ client }) => client.endpoint)).toEqual(["westus", "westus", "westus"]);
  }, 30_000);

  it("move together by an operator's order, and nobody stays behind", async () => {
    const { servers } = await startCluster(3);
    const members = await Promise.all(servers.map(joinGroup));
    const [first] = servers;
    expect(await first?.pubsub.coordination.switchTo("westus")).toMatchObject({
      epoch: 2,
      active: "westus",
      reason: "switched",
    });
    await until(async () => (await placesOf(servers)).every((place) => place === "westus 2"));
    await until(() => members.every(({ client }) => client.endpoint === "westus"));
    await allHearAll(members);
    expect(first?.log.concat(...servers.map(({ log }) => log))).toContain(
      "stragglersClosed 2 eastus",
    );
  }, 30_000);
});

describe("an app server that comes or goes", () => {
  it("moves nobody, even if it has another primary", async () => {
    const { servers, eastus, westus, join } = await startCluster(2);
    const late = await join({
      endpoints: [
        { name: "westus", role: "primary", connectionString: westus.connectionString },
        { name: "eastus", role: "secondary", connectionString: eastus.connectionString },
      ],
    });
    await late.pubsub.ready();
    expect(await placesOf(servers)).toEqual(["eastus 1", "eastus 1", "eastus 1"]);
    const leader = servers.find(({ pubsub }) => pubsub.coordination.status().isLeader);
    await leader?.pubsub.close();
    expect(leader?.pubsub.coordination.status().isLeader).toBe(false);
    await until(() => leadersOf(servers).length === 1);
    expect(late.log).toEqual(["agreementChanged 1 eastus (first)"]);
  });

  it("finds the agreement as it was when all of them have been away", async () => {
    const { servers, join } = await startCluster(2);
    await servers[0]?.pubsub.coordination.switchTo("westus");
    await Promise.all(servers.map(({ pubsub }) => pubsub.close()));
    const next = await join();
    await next.pubsub.ready();
    expect((await next.negotiate()).body).toMatchObject({ endpoint: "westus", epoch: 2 });
  });
});

function leadersOf(servers: readonly AppServer[]): string[] {
  const status = servers.map(({ pubsub }) => pubsub.coordination.status());
  return status.filter(({ isLeader }) => isLeader).map(({ server }) => server);
}

/** A store that can be unplugged. */
function breakableStore() {
  const store = memoryStore();
  const state = { error: undefined as Error | undefined };
  const open = async (...args: Parameters<CoordinationStore["open"]>) => {
    if (state.error) throw state.error;
    const connection = await store.open(...args);
    return new Proxy(connection, {
      get: (target, name: keyof StoreConnection) =>
        state.error && name !== "close"
          ? () => Promise.reject(state.error)
          : target[name]?.bind(target), // "then" is asked for, too
    });
  };
  return { store: { description: "breakable", open }, state };
}

describe("a store that is away", () => {
  it("leaves everybody where they are, and is announced once on each server", async () => {
    const { store, state } = breakableStore();
    const { servers, eastus } = await startCluster(2, store);
    state.error = new Error("unplugged");
    await until(() => servers.every(({ log }) => log.includes("coordinationLost")));
    await eastus.inject({ kind: "unhealthy" });
    await until(() =>
      servers.every(({ pubsub }) => !pubsub.endpoints.snapshot()[0]?.state.startsWith("h")),
    );
    expect(await placesOf(servers)).toEqual(["eastus 1", "eastus 1"]);
    expect(servers[0]?.pubsub.coordination.status().store).toMatchObject({
      isReachable: false,
      error: state.error,
    });
    state.error = undefined;
    await until(async () => (await placesOf(servers)).every((place) => place === "westus 2"));
    for (const { log } of servers) {
      const told = log.filter((line) => line.startsWith("coordination"));
      expect(told).toEqual(["coordinationLost", "coordinationRestored"]);
    }
  }, 30_000);

  it("from the start, fails ready() and answers 503 until it is there", async () => {
    const { store, state } = breakableStore();
    const { servers, join } = await startCluster(0, store);
    state.error = new Error("unplugged");
    const { pubsub, negotiate } = await join();
    await expect(pubsub.ready()).rejects.toBe(state.error);
    const refused = await negotiate();
    expect(refused.status).toBe(503);
    expect(refused.body.code).toBe("ERR_NO_AGREEMENT");
    expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
    state.error = undefined;
    await until(async () => (await placesOf(servers))[0] === "eastus 1");
  });
});

describe("servers with different endpoints", () => {
  it("say so, and nobody is moved to one that some server does not know", async () => {
    const { servers, eastus, join } = await startCluster(2);
    const other = await join({
      endpoints: [{ name: "eastus", role: "primary", connectionString: eastus.connectionString }],
    });
    await other.pubsub.ready();
    await until(() => servers.filter(({ log }) => log.includes("endpointsDiffer")).length >= 2);
    await expect(servers[0]?.pubsub.coordination.switchTo("westus")).rejects.toMatchObject({
      code: "ERR_ENDPOINTS_DIFFER",
      message: expect.stringContaining("westus"),
    });
    await eastus.inject({ kind: "crash" });
    const isUnhealthy = ({ pubsub }: AppServer) =>
      pubsub.endpoints.snapshot()[0]?.state === "unhealthy";
    await until(() => servers.every(isUnhealthy));
    await until(() => leadersOf(servers).length === 1);
    expect(servers.flatMap(({ log }) => log)).not.toContain(
      "agreementChanged 2 westus (active-unhealthy)",
    );
    await other.pubsub.close();
    await until(async () =>
      (await placesOf(servers.slice(0, 2))).every((place) => place === "westus 2"),
    );
  }, 30_000);

  it("fail ready() when the active endpoint is none of theirs", async () => {
    const { join, westus } = await startCluster(1);
    const other = await join({
      endpoints: [{ name: "westus", role: "primary", connectionString: westus.connectionString }],
    });
    await expect(other.pubsub.ready()).rejects.toMatchObject({ code: "ERR_ENDPOINTS_DIFFER" });
    expect((await other.negotiate()).body.code).toBe("ERR_NO_AGREEMENT");
  });
});

describe("an operator", () => {
  it.each([
    ["an unknown endpoint", "north", "ERR_UNKNOWN_ENDPOINT"],
    ["a drained endpoint", "westus", "ERR_UNHEALTHY_ENDPOINT"],
  ])("cannot switch to %s", async (_, name, code) => {
    const { servers } = await startCluster(1);
    const [{ pubsub } = raise()] = servers;
    pubsub.endpoints.drain("westus");
    await expect(pubsub.coordination.switchTo(name)).rejects.toMatchObject({ code });
    expect(pubsub.coordination.status().agreement).toMatchObject({ epoch: 1, active: "eastus" });
  });

  it("changes nothing by switching to the active endpoint", async () => {
    const { servers } = await startCluster(1);
    expect(await servers[0]?.pubsub.coordination.switchTo("eastus")).toMatchObject({ epoch: 1 });
  });

  it("cannot prefer or remove an endpoint on one server alone", async () => {
    const { servers } = await startCluster(1);
    const [{ pubsub } = raise()] = servers;
    expect(codeOf(() => pubsub.endpoints.forceFailover("westus"))).toBe("ERR_WRONG_TOPOLOGY");
    expect(codeOf(() => pubsub.endpoints.remove("eastus"))).toBe("ERR_INVALID_OPTIONS");
    pubsub.endpoints.remove("westus");
  });

  it("is told that servers of the client-server topology have no agreement", async () => {
    const { eastus } = await startCluster(0);
    const { connectionString } = eastus;
    const pubsub = closeAfterTest(
      resilientPubSub({
        hub: "chat",
        endpoints: [{ name: "eastus", role: "primary", connectionString }],
        negotiate: { allowAnonymous: true },
      }),
    );
    expect(codeOf(() => pubsub.coordination.status())).toBe("ERR_WRONG_TOPOLOGY");
    await expect(pubsub.coordination.switchTo("eastus")).rejects.toMatchObject({
      code: "ERR_WRONG_TOPOLOGY",
    });
  });
});

it("with failback, everybody is moved back to the primary of most servers", async () => {
  const { store, servers, eastus, join } = await startCluster(0);
  const coordination = { store, pollIntervalInMs: 50, leaseInMs: 1000, failback: true };
  for (let count = 0; count < 2; count += 1) {
    await join({ coordination, failback: { holdDownInMs: 300 } });
  }
  await Promise.all(servers.map(({ pubsub }) => pubsub.ready()));
  await eastus.inject({ kind: "crash" });
  await until(async () => (await placesOf(servers)).every((place) => place === "westus 2"));
  await eastus.clear();
  await until(async () => (await placesOf(servers)).every((place) => place === "eastus 3"));
  expect(servers[0]?.log).toContain("agreementChanged 3 eastus (failback)");
}, 30_000);

it("a client that connects to another endpoint than the active one is closed", async () => {
  const { westus, servers } = await startCluster(1);
  const service = new WebPubSubServiceClient(westus.connectionString, "chat", {
    allowInsecureConnection: true,
  });
  const { url } = await service.getClientAccessToken({ groups: ["resilient-pubsub.placed"] });
  expect(await closingOf(new WebSocket(url, JSON_PROTOCOL))).toBe("1000 moved: eastus");
  expect(servers[0]?.log).toContain("stragglersClosed 1 westus");
});

function codeOf(action: () => unknown): string | undefined {
  try {
    action();
  } catch (error) {
    return (error as ResilientPubSubError).code;
  }
  return undefined;
}

function raise(): never {
  throw new Error("there is no server");
}
