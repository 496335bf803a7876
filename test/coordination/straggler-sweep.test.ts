import { WebPubSubServiceClient } from "@azure/web-pubsub";
import type { Emulator } from "express-resilient-pubsub/emulator";
import { WebSocket } from "ws";
import { closeAfterTest } from "../support/clean-up.ts";
import { closingOf, JSON_PROTOCOL } from "../support/closing-of.ts";
import { until } from "../support/until.ts";
import { startCluster } from "./support/cluster.ts";

const PLACED = "resilient-pubsub.placed";

interface Visitor {
  readonly closings: string[];
  readonly socket: WebSocket;
}

/** Connects past negotiate, as a client with an old URL does. */
async function visit({ connectionString }: Emulator, groups = [PLACED]): Promise<Visitor> {
  const service = new WebPubSubServiceClient(connectionString, "chat", {
    allowInsecureConnection: true,
  });
  const { url } = await service.getClientAccessToken({ groups });
  const socket = new WebSocket(url, JSON_PROTOCOL);
  closeAfterTest({ close: () => socket.terminate() });
  const closings: string[] = [];
  void closingOf(socket).then((closing) => closings.push(closing));
  await new Promise((resolve, reject) => socket.once("open", resolve).once("error", reject));
  return { closings, socket };
}

const isClosed = ({ closings }: Visitor) => closings.length > 0;

describe("a client on another endpoint than the active one", () => {
  it("is closed with a reason that names the active one, each time that one connects", async () => {
    const { westus, servers } = await startCluster(2);
    for (let count = 0; count < 3; count += 1) {
      const visitor = await visit(westus);
      await until(() => isClosed(visitor));
      expect(visitor.closings).toEqual(["1000 moved: eastus"]);
    }
    const told = () =>
      servers.flatMap(({ log }) => log).filter((line) => line.startsWith("straggler"));
    // A client hears of its end before the server hears that it has ended it.
    await until(() => told().length >= 3);
    expect(new Set(told())).toEqual(new Set(["stragglersClosed 1 westus"]));
  });

  it("is closed after a move even if it has connected without a negotiate of ours", async () => {
    const { eastus, servers } = await startCluster(1);
    const visitor = await visit(eastus, []);
    await servers[0]?.pubsub.coordination.switchTo("westus");
    await until(() => isClosed(visitor));
    expect(visitor.closings).toEqual(["1000 moved: westus"]);
  });

  it("is closed when that endpoint recovers with its clients, though no negotiate asks for it", async () => {
    const { eastus, servers, join } = await startCluster(0);
    const health = { schedule: false, timeoutInMs: 500, transitionIntervalInMs: 20 } as const;
    for (const server of [await join({ health }), await join({ health })]) {
      await server.pubsub.ready();
    }
    const visitor = await visit(eastus);
    await eastus.inject({ kind: "blackhole" });
    await until(async () => {
      const answers = await Promise.all(servers.map(({ negotiate }) => negotiate()));
      return answers.every(({ body }) => body.endpoint === "westus");
    });
    expect(visitor.closings).toEqual([]);
    await eastus.clear();
    await until(() => isClosed(visitor));
    expect(visitor.closings).toEqual(["1000 moved: westus"]);
  }, 30_000);

  it("is looked for again when a sweep has failed, which is announced", async () => {
    const { westus, servers } = await startCluster(1);
    await westus.inject({ kind: "gray" });
    const visitor = await visit(westus);
    await until(() => servers[0]?.log.includes("stragglersFailed westus"));
    await westus.clear();
    await until(() => isClosed(visitor), 30_000);
  }, 40_000);
});

it("a client on the active endpoint is not closed", async () => {
  const { eastus, westus, servers } = await startCluster(1);
  const resident = await visit(eastus);
  const visitor = await visit(westus);
  await until(() => isClosed(visitor));
  expect(resident.closings).toEqual([]);
  expect((await servers[0]?.negotiate())?.body).toMatchObject({ endpoint: "eastus" });
});
