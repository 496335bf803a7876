import { once } from "node:events";
import type { EventHandlerOptions } from "express-resilient-pubsub/emulator";
import WebSocket from "ws";
import { displacedGroup } from "../../src/marker-groups/displaced-group.ts";
import { closeAfterTest } from "../support/clean-up.ts";
import { startRegions } from "../support/regions.ts";
import { until } from "../support/until.ts";

type Events = Omit<EventHandlerOptions, "urlTemplate">;

/** A displaced client on westus, while eastus is down. */
async function setUp(events: Events) {
  const left: string[] = [];
  const heardOf: string[] = [];
  const world = await startRegions({
    negotiate: {
      authenticate: () => ({ userId: "ada", roles: ["webpubsub.joinLeaveGroup"] }),
    },
    health: { schedule: "* * * * * *", fall: 1, rise: 1 },
    failback: { holdDownInMs: 200, close: { connectionsPerSecond: 50 } },
    upstream: {
      handleConnect: (req, res) => {
        heardOf.push(req.context.connectionId);
        res.success();
      },
      onGroupLeft: ({ group }) => void left.push(group),
    },
  });
  const { eastus, westus, pubsub, url, negotiate } = world;
  const urlTemplate = `${url}/api/webpubsub/hubs/{hub}/`;
  westus.setHub("chat", { eventHandlers: [{ urlTemplate, ...events }] });
  await pubsub.ready();
  await eastus.inject({ kind: "unhealthy", status: 503 });
  await until(() => pubsub.endpoints.snapshot()[0]?.state === "unhealthy");

  const { body } = await negotiate();
  expect(body.endpoint).toBe("westus");
  const socket = closeAfterTest(new WebSocket(body.url, "json.webpubsub.azure.v1"));
  const frames: { type: string; connectionId?: string; message?: string; ackId?: number }[] = [];
  socket.on("message", (frame) => void frames.push(JSON.parse(String(frame))));
  let isClosed = false;
  socket.on("close", () => {
    isClosed = true;
  });
  await once(socket, "message");
  const leaveGroup = async () => {
    const group = displacedGroup("eastus");
    socket.send(JSON.stringify({ type: "leaveGroup", group, ackId: 1 }));
    await until(() => frames.some(({ ackId }) => ackId === 1));
    expect(await pubsub.groupExists(group)).toBe(false);
  };
  const isCalledHome = () =>
    isClosed && frames.some(({ message }) => message?.includes("failback: eastus"));
  return { ...world, left, heardOf, leaveGroup, isCalledHome, isClosed: () => isClosed };
}

jest.setTimeout(20_000);

describe("a displaced client that has left its marker group is called home all the same,", () => {
  it("when an event tells that it has left", async () => {
    const { eastus, pubsub, left, leaveGroup, isCalledHome } = await setUp({
      groupEvents: ["left"],
    });
    const closed: number[] = [];
    pubsub.events.on("failbackClosing", (event) => void closed.push(event.closed));
    await leaveGroup();
    await eastus.clear();
    await until(isCalledHome);
    await until(() => closed.length > 0);
    expect(closed).toEqual([1]);
    // It is the plugin's own group, of which handlers of the application do not hear.
    expect(left).toEqual([]);
  });

  it("when an event told of its token when it connected", async () => {
    const { eastus, heardOf, leaveGroup, isCalledHome } = await setUp({
      systemEvents: ["connect"],
    });
    expect(heardOf).toHaveLength(1);
    await leaveGroup();
    await eastus.clear();
    await until(isCalledHome);
  });
});

it("a displaced client that is in its marker group is closed once, whatever events have told", async () => {
  const { eastus, pubsub, isCalledHome } = await setUp({
    systemEvents: ["connect"],
    groupEvents: ["left", "joined"],
  });
  const closed: number[] = [];
  pubsub.events.on("failbackClosing", (event) => void closed.push(event.closed));
  const done = new Promise((resolve) => pubsub.events.on("failbackDone", resolve));
  await eastus.clear();
  await until(isCalledHome);
  expect(await done).toMatchObject({ from: "westus", to: "eastus", closed: 1 });
  expect(closed).toEqual([1]);
});
