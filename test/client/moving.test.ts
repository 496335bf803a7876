import {
  closeReasonOf,
  FAILBACK_REASON_PREFIX,
  MOVE_REASON_PREFIX,
  type Negotiate,
} from "express-resilient-pubsub/client";
import type { Emulator, Fault } from "express-resilient-pubsub/emulator";
import { createDeferred } from "../emulator/support/deferred.ts";
import { createScene } from "../emulator/support/scene.ts";
import { clientUrl } from "../emulator/support/tokens.ts";
import { until } from "../support/until.ts";
import { makeClient } from "./support/make-client.ts";
import { startTwoRegions, type TwoRegions } from "./support/two-regions.ts";

jest.setTimeout(30_000);

/** What happens to a client that is connected to eastus when something happens to that. */
interface Case {
  readonly fault: string;
  readonly inject: Fault | ((eastus: Emulator) => unknown);
  /** Lines of the client's log that follow, but for attempts that failed. */
  readonly events: string;
}

const MOVES =
  "state reconnecting, disconnected, state connected, connected westus, moved eastus -> westus";
const RETURNS = "state reconnecting, disconnected, state connected, connected eastus";
const RECOVERS = "state reconnecting, state connected";

const dropped = (fault: Fault) => async (eastus: Emulator) => {
  await eastus.inject(fault);
  eastus.dropSockets();
};

// biome-ignore format: one line each
const cases: Case[] = [
  { fault: "crash", inject: { kind: "crash" }, events: MOVES },
  { fault: "blackhole", inject: { kind: "blackhole" }, events: MOVES },
  { fault: "half-open", inject: { kind: "half-open" }, events: MOVES },
  { fault: "half-open for clients only", inject: { kind: "half-open", requestTypes: ["ClientConnection"] }, events: MOVES },
  { fault: "restart that keeps its state", inject: (eastus) => eastus.restart({ keepState: true }), events: RECOVERS },
  { fault: "restart that forgets everything", inject: (eastus) => eastus.restart({ keepState: false }), events: RETURNS },
  { fault: "all sockets dropped, and nothing else", inject: (eastus) => eastus.dropSockets(), events: RECOVERS },
  { fault: "no client let in any more, and all sockets dropped", inject: dropped({ kind: "accessDenied" }), events: MOVES },
  { fault: "503 of everything, and all sockets dropped", inject: dropped({ kind: "unhealthy" }), events: MOVES },
  { fault: "blackhole of handshakes, and all sockets dropped", inject: dropped({ kind: "blackhole", requestTypes: ["ClientConnection"] }), events: MOVES },
  { fault: "429 of clients, and all sockets dropped", inject: dropped({ kind: "throttle" }), events: MOVES },
  { fault: "slow handshakes, and all sockets dropped", inject: dropped({ kind: "latency", delayInMs: 50 }), events: RECOVERS },
];

async function connect(world: TwoRegions, options = {}, negotiate?: Negotiate) {
  const made = makeClient(negotiate ?? world.negotiateUrl, {
    keepAliveIntervalInMs: 100,
    keepAliveTimeoutInMs: 600,
    handshakeTimeoutInMs: 1500,
    ...options,
  });
  await made.client.start();
  expect(made.client.endpoint).toBe("eastus");
  expect(made.log.splice(0)).toEqual(["state connecting", "state connected", "connected eastus"]);
  return made;
}

/** Everything but attempts that came to nothing, of which there may be any number. */
const linesOf = (log: readonly string[]): string =>
  log.filter((line) => !line.startsWith("connect-failed")).join(", ");

describe("a client of eastus, and what it does about", () => {
  it.each(cases)("$fault", async ({ inject, events }) => {
    const world = await startTwoRegions();
    const { client, log, heard } = await connect(world);
    await client.joinGroup("news");

    await (typeof inject === "function" ? inject(world.eastus) : world.eastus.inject(inject));
    await until(() => linesOf(log) === events);

    // It still hears everybody, as it did before.
    await until(async () => {
      await world.pubsub.broadcast("to all");
      return heard.includes("to all");
    });
    await world.pubsub.group("news").sendToAll("to the group");
    await until(() => heard.includes("to the group"));
    expect(linesOf(log)).toBe(events);
  });
});

it("a closed client returns to its primary once that is healthy again", async () => {
  const world = await startTwoRegions();
  const { client, log, events } = await connect(world);
  await world.eastus.inject({ kind: "crash" });
  await until(() => client.endpoint === "westus");
  await world.eastus.clear();
  await until(async () => (await world.route()) === "eastus");
  log.length = 0;

  const { connectionId = "" } = events.connected.at(-1) ?? {};
  await world.pubsub.closeConnection(connectionId, { reason: "failback" });
  await until(() => log.includes("moved westus -> eastus"));
  expect(log).toEqual([
    "state reconnecting",
    "disconnected",
    "state connected",
    "connected eastus",
    "moved westus -> eastus",
  ]);
  expect(events.disconnected.at(-1)).toMatchObject({ connectionId });
  expect(events.disconnected.map(closeReasonOf).at(-1)).toBe("failback");
});

it("a client that is closed in a failback or an evacuation does not wait for its turn of a herd", async () => {
  const authenticate = () => ({ userId: "ada" });
  const crowd = { expectedClients: 1_000_000, maxPerSecond: 100 };
  const world = await startTwoRegions({ negotiate: { authenticate, ...crowd } });
  const { client, events } = await connect(world);
  expect((await world.negotiate("")).body.reconnect.spreadInMs).toBeGreaterThan(3_600_000);
  world.pubsub.endpoints.drain("eastus");
  const [{ connectionId = "" } = {}] = events.connected;
  await world.pubsub.closeConnection(connectionId, { reason: `${MOVE_REASON_PREFIX}westus` });
  await until(() => client.endpoint === "westus");
  world.pubsub.endpoints.undrain("eastus");
  const { connectionId: next = "" } = events.connected.at(-1) ?? {};
  await world.pubsub.closeConnection(next, { reason: `${FAILBACK_REASON_PREFIX}eastus` });
  await until(() => client.endpoint === "eastus");
});

it("a client asks negotiate after a recovery, and leaves an endpoint that was drained meanwhile", async () => {
  const world = await startTwoRegions();
  const { client, log } = await connect(world);
  world.pubsub.endpoints.drain("eastus");
  world.eastus.dropSockets();
  await until(() => client.endpoint === "westus");
  expect(log).toContain("moved eastus -> westus");
  expect(log.filter((line) => line.startsWith("moved"))).toHaveLength(1);
});

it("a client waits for an endpoint when all have crashed", async () => {
  const world = await startTwoRegions();
  // Without the Retry-After of the answer, which is longer than a test should be.
  const { client, log } = await connect(world, {}, async () => {
    const { status, body } = await world.negotiate("");
    if (status !== 200) throw Object.assign(new Error(body.code), { status });
    return body;
  });
  await client.joinGroup("news");
  await Promise.all([
    world.eastus.inject({ kind: "crash" }),
    world.westus.inject({ kind: "crash" }),
  ]);
  await until(() => log.includes("connect-failed ERR_NEGOTIATE_FAILED"));
  const sending = client.sendToGroup("news", "after the night", "text");
  expect(client).toMatchObject({ state: "reconnecting", endpoint: undefined });
  await world.westus.clear();
  await sending;
  expect(client).toMatchObject({ state: "connected", endpoint: "westus" });
});

it("the moved event tells since when the old endpoint was silent", async () => {
  const world = await startTwoRegions();
  const { client, events } = await connect(world);
  await world.eastus.inject({ kind: "blackhole" });
  await until(() => client.endpoint === "westus");
  const [moved] = events.moved;
  expect(moved).toMatchObject({ from: "eastus", to: "westus" });
  // It cannot have noticed before the deadline of its question.
  expect(moved?.downtimeInMs).toBeGreaterThan(400);
});

it("a client stays while an app server takes longer for its event than keep-alive would wait", async () => {
  const { appServer, emulator } = await createScene().withAppServer();
  const answer = createDeferred<{ status: number }>();
  appServer.answer = ({ event }) => (event === "user.e" ? answer.promise : { status: 204 });
  const { client, log } = makeClient(
    () => ({ url: clientUrl(emulator, "chat"), endpoint: "east" }),
    { keepAliveIntervalInMs: 100, keepAliveTimeoutInMs: 500 },
  );
  await client.start();
  log.length = 0;
  const sent = client.sendEvent("e", "slow", "text");
  await new Promise((resolve) => setTimeout(resolve, 1000));
  answer.resolve({ status: 204 });
  await sent;
  expect(log).toEqual([]);
});
