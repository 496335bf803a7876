import { memoryStore, type ResilientPubSub, resilientPubSub } from "express-resilient-pubsub";
import { closeAfterTest } from "../support/clean-up.ts";

const east = {
  name: "east",
  role: "primary",
  connectionString: "Endpoint=http://127.0.0.1:9;AccessKey=k",
} as const;
const west = {
  ...east,
  name: "west",
  connectionString: "Endpoint=http://127.0.0.1:10;AccessKey=k",
};

const pluginOf = (topology: "client-server" | "client-client"): ResilientPubSub =>
  closeAfterTest(
    resilientPubSub({
      hub: "chat",
      endpoints: [east, west],
      negotiate: { allowAnonymous: true },
      health: { schedule: false },
      topology,
      ...(topology === "client-client" && { coordination: { store: memoryStore() } }),
    }),
  );

type Order = (pubsub: ResilientPubSub) => unknown;

const ORDERS: readonly [string, Order][] = [
  ["drain", ({ endpoints }) => endpoints.drain("east")],
  ["undrain", ({ endpoints }) => endpoints.undrain("east")],
  ["forceFailover", ({ endpoints }) => endpoints.forceFailover("west")],
  ["clearForce", ({ endpoints }) => endpoints.clearForce()],
  ["evacuate", ({ endpoints }) => endpoints.evacuate("east", { connectionsPerSecond: 1 })],
  [
    "add",
    ({ endpoints }) =>
      endpoints.add({ ...east, name: "north", connectionString: "Endpoint=https://n;AccessKey=k" }),
  ],
  ["remove", ({ endpoints }) => endpoints.remove("west")],
];

describe.each([
  ["as soon as close is called", (pubsub: ResilientPubSub) => void pubsub.close()],
  ["after close", (pubsub: ResilientPubSub) => pubsub.close()],
])("%s,", (_, close) => {
  it.each(ORDERS)(
    "the order %s is refused with ERR_CLOSED, and changes nothing",
    async (_, order) => {
      const pubsub = pluginOf("client-server");
      const told: string[] = [];
      pubsub.events.on("endpointAdded", () => void told.push("added"));
      pubsub.events.on("endpointDrained", () => void told.push("drained"));
      await pubsub.ready();
      const before = pubsub.endpoints.snapshot().map(({ name, drained }) => ({ name, drained }));
      await close(pubsub);
      expect(() => order(pubsub)).toThrow(expect.objectContaining({ code: "ERR_CLOSED" }));
      expect(pubsub.endpoints.snapshot()).toMatchObject(before);
      expect(told).toEqual([]);
    },
  );

  it("the order switchTo rejects with ERR_CLOSED, and status still answers", async () => {
    const pubsub = pluginOf("client-client");
    await pubsub.ready().catch(() => {});
    await close(pubsub);
    await expect(pubsub.coordination.switchTo("west")).rejects.toMatchObject({
      code: "ERR_CLOSED",
    });
    expect(pubsub.coordination.status()).toMatchObject({ server: expect.any(String) });
  });
});

it("every member of the controls that is no question is such an order", () => {
  const { endpoints, coordination } = pluginOf("client-server");
  const orders = [...ORDERS.map(([name]) => name), "switchTo"];
  const members = [...Object.keys(endpoints), ...Object.keys(coordination)];
  expect(members.sort()).toEqual([...orders, "clientOrigins", "snapshot", "status"].sort());
});
