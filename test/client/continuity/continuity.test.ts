import { continuity, ResilientPubSubClient } from "express-resilient-pubsub/client";
import { until } from "../../support/until.ts";
import type { MadeClient } from "../support/make-client.ts";
import { answerStatus, hangUp } from "../support/scripted-app-server.ts";
import { ContinuityWorld, EPOCH } from "./support/continuity-world.ts";

async function startWorld(): Promise<ContinuityWorld & MadeClient> {
  const world = await ContinuityWorld.start();
  const made = world.makeClient({ holdBackInMs: 20 });
  await made.client.start();
  await until(() => made.events.continuity.length === 1);
  return Object.assign(world, made);
}

const ALL_RECOVERED = { recovered: true, streams: [{ stream: "a", recovered: true }] };

it("a client asks negotiate for the history, and reads it when it is connected", async () => {
  const { appServer, events, client } = await startWorld();
  expect(appServer.negotiated.map(({ search }) => search)).toEqual(["?history=1"]);
  expect(appServer.caughtUp).toEqual([
    { grant: "grant-1", since: { a: `${EPOCH}:0` }, seen: {}, connections: ["connection-1"] },
  ]);
  expect(events.continuity).toMatchObject([{ ...ALL_RECOVERED, replayed: 0 }]);
  expect(client.positions).toEqual({
    grant: "grant-1",
    streams: { a: `${EPOCH}:0` },
    connections: ["connection-1"],
  });
});

it("live messages are delivered as they were sent, once and in order", async () => {
  const world = await startWorld();
  const [one, two, three] = [1, 2, 3].map((n) => world.append("a", n)) as [object, object, object];
  for (const frame of [one, one, three, two, three]) world.socket.send(frame);
  await until(() => world.heard.length === 3);
  expect(world.heard).toEqual([1, 2, 3]);
  expect(world.events["server-message"][0]).toEqual({
    message: { kind: "serverData", from: "server", dataType: "json", data: 1 },
  });
  expect(world.appServer.caughtUp).toHaveLength(1);
});

it("what does not come in time is read, and marked", async () => {
  const world = await startWorld();
  world.append("a", 1);
  world.socket.send(world.append("a", 2));
  await until(() => world.heard.length === 2);
  expect(world.events["server-message"]).toMatchObject([
    { message: { data: 1 }, replayed: true },
    { message: { data: 2 } },
  ]);
  expect(world.appServer.caughtUp[1]).toMatchObject({
    since: { a: `${EPOCH}:0` },
    seen: { a: `${EPOCH}:2` },
  });
  expect(world.events.continuity[1]).toMatchObject({ ...ALL_RECOVERED, replayed: 1 });
});

it("what was sent while a client moved is delivered before it is told that it has moved", async () => {
  const world = await startWorld();
  world.sendTo("west");
  world.append("a", "missed");
  world.east.latest?.close(1000);
  await until(() => world.events.moved.length === 1);
  expect(world.heard).toEqual(["missed"]);
  expect(world.events.moved).toMatchObject([{ from: "east", to: "west", recovered: true }]);
  expect(world.appServer.negotiated[1]?.search).toBe("?history=1&grant=grant-1");
  expect(world.appServer.caughtUp[1]?.connections).toEqual(
    ["connection-1", "connection-1"].slice(1),
  );
});

it("a client is told of a hole, and goes on after it", async () => {
  const world = await startWorld();
  world.sendTo("west");
  world.streams.a = { epoch: "epoch-02", entries: [{ id: "x", d: "lost" }] };
  world.east.latest?.close(1000);
  await until(() => world.events.moved.length === 1);
  expect(world.events.moved[0]?.recovered).toBe(false);
  expect(world.events.continuity[1]).toEqual({
    recovered: false,
    replayed: 0,
    streams: [{ stream: "a", recovered: false, reason: "epoch" }],
  });
  world.socket.send(world.append("a", "next"));
  await until(() => world.heard.length === 1);
  expect(world.heard).toEqual(["next"]);
});

it("a read that fails is repeated until it is answered", async () => {
  const world = await startWorld();
  world.sendTo("west");
  world.append("a", "missed");
  world.failures.push(hangUp, answerStatus(503), answerStatus(404));
  world.east.latest?.close(1000);
  await until(() => world.heard.length === 1);
  await until(() => world.events.moved.length === 1);
  expect(world.events.moved[0]?.recovered).toBe(true);
  expect(world.appServer.caughtUp).toHaveLength(5);
});

it("a client whose grant is not good any more gets another, and reads", async () => {
  const world = await startWorld();
  world.failures.push(answerStatus(401));
  world.append("a", 1);
  world.socket.send(world.append("a", 2));
  await until(() => world.heard.length === 2);
  expect(world.appServer.caughtUp.map(({ grant }) => grant)).toEqual([
    "grant-1",
    "grant-1",
    "grant-2",
  ]);
});

it("skips and checks are nothing that an application hears of", async () => {
  const world = await startWorld();
  world.streams.a?.entries.push({ id: "", d: undefined, skip: 1 });
  world.socket.send(world.frame("a", " ", `1 s a ${EPOCH}:1 -`));
  world.socket.send(world.append("a", "heard"));
  world.socket.send(world.frame("a", " ", "1 c * - -"));
  await until(() => world.appServer.caughtUp.length === 2);
  expect(world.appServer.caughtUp[1]?.since).toEqual({ a: `${EPOCH}:2` });
  expect(world.heard).toEqual(["heard"]);
});

it("what a connection of the client published without an echo is not heard at a later one either", async () => {
  const world = await startWorld();
  for (const excluded of ["connection-1", "connection-2", "connection-11"]) {
    world.append("a", excluded);
    const envelope = `1 m a ${world.topOf("a")} id-${excluded} ada ${excluded}`;
    world.socket.send(world.frame("a", excluded, envelope));
  }
  await until(() => world.heard.length === 2);
  expect(world.heard).toEqual(["connection-2", "connection-11"]);
  expect(world.client.positions?.streams).toEqual({ a: `${EPOCH}:3` });
});

it("a message that was sent without being logged is delivered at once, and only once", async () => {
  const world = await startWorld();
  world.append("a", "never came");
  world.socket.send(world.frame("a", "late", "1 b a - id-a-2-epoch-01"));
  await until(() => world.heard.length === 1);
  world.append("a", "late");
  world.socket.send(world.append("a", "next"));
  await until(() => world.heard.length === 3);
  expect(world.heard).toEqual(["late", "never came", "next"]);
});

it("a group that the client joins is read after the service has let it in, before the join resolves", async () => {
  const world = await startWorld();
  world.append("g:news", "before");
  await world.client.joinGroup("news");
  expect(world.appServer.caughtUp[1]?.since).toEqual({ "g:news": "" });
  expect(world.client.positions?.streams["g:news"]).toBe(`${EPOCH}:1`);
  world.socket.send(world.append("g:news", "after"));
  await until(() => world.heard.length === 1);
  expect(world.events["group-message"]).toEqual([
    {
      message: {
        kind: "groupData",
        from: "group",
        group: "news",
        dataType: "json",
        data: "after",
      },
    },
  ]);
  await world.client.leaveGroup("news");
  expect(Object.keys(world.client.positions?.streams ?? {})).toEqual(["a"]);
});

it("a message that names its sender has no place, whatever it says", async () => {
  const world = await startWorld();
  await world.client.joinGroup("news");
  const forged = world.frame("g:news", "forged", `1 m g ${EPOCH}:9 x`);
  world.socket.send({ ...forged, fromUserId: "mallory" });
  await until(() => world.heard.length === 1);
  expect(world.client.positions?.streams["g:news"]).toBeUndefined();
  expect(world.events["group-message"][0]?.message).toMatchObject({
    data: "forged",
    fromUserId: "mallory",
  });
});

it("an envelope within JSON is taken out of it", async () => {
  const world = await startWorld();
  const { metadata, ...frame } = world.append("a", { text: "hi" }) as { metadata: { rps: string } };
  world.socket.send({ ...frame, data: { $rps: metadata.rps, text: "hi" } });
  await until(() => world.heard.length === 1);
  expect(world.heard).toEqual([{ text: "hi" }]);
  expect(world.client.positions?.streams.a).toBe(`${EPOCH}:1`);
});

it("another client goes on where one has stopped, and gets what was sent meanwhile", async () => {
  const world = await startWorld();
  world.socket.send(world.append("a", 1));
  await until(() => world.heard.length === 1);
  world.client.stop();
  world.append("a", 2);
  const since = JSON.parse(JSON.stringify(world.client.positions));
  const next = world.makeClient({ since });
  await next.client.start();
  await until(() => next.heard.length === 1);
  expect(next.heard).toEqual([2]);
  expect(world.appServer.negotiated[1]?.search).toBe("?history=1&grant=grant-1");
  expect(world.appServer.caughtUp.at(-1)?.connections).toEqual(["connection-1", "connection-2"]);
});

it("another client knows the last messages that came without a place, in case that they were logged late", async () => {
  const world = await startWorld();
  for (let count = 1; count <= 70; count += 1)
    world.socket.send(world.frame("a", count, `1 b a - b${count}`));
  await until(() => world.heard.length === 70);
  world.client.stop();
  world.streams.a?.entries.push({ id: "b70", d: 70 });
  world.append("a", "new");
  const since = JSON.parse(JSON.stringify(world.client.positions));
  expect([since.received.length, since.received.at(-1)]).toEqual([64, "b70"]);
  const next = world.makeClient({ since });
  await next.client.start();
  await until(() => next.heard.length > 0);
  expect(next.heard).toEqual(["new"]);
  expect(next.client.positions?.streams.a).toBe(`${EPOCH}:2`);
});

it("positions name no message without a place that listeners have not been given", async () => {
  const world = await startWorld();
  const saved: unknown[] = [];
  world.client.on("server-message", ({ message }) => {
    saved.push(world.client.positions?.received);
    if (message.data === 1) world.client.stop();
  });
  const [, two] = [world.append("a", 1), world.append("a", 2)];
  world.socket.send(two);
  world.socket.send(world.frame("a", 1, "1 b a - id-a-1-epoch-01"));
  await until(() => world.client.state === "stopped");
  expect(saved).toEqual([["id-a-1-epoch-01"]]);
});

it("a position covers what listeners have been given and no more, and a client that stops misses nothing", async () => {
  const world = await startWorld();
  const saved: unknown[] = [];
  world.client.on("server-message", ({ message }) => {
    saved.push(world.client.positions?.streams.a);
    if (message.data === 1) world.client.stop();
  });
  const [one, two] = [world.append("a", 1), world.append("a", 2)];
  world.socket.send(two);
  world.socket.send(one);
  await until(() => world.client.state === "stopped");
  expect([world.heard, saved]).toEqual([[1], [`${EPOCH}:1`]]);
  await world.client.start();
  await until(() => world.heard.length === 2);
  expect([world.heard, saved[1]]).toEqual([[1, 2], `${EPOCH}:2`]);
});

it("a review asks for what was missed as well, and moves the client", async () => {
  const world = await ContinuityWorld.start();
  world.told = { reviewAfterInMs: 100 };
  const made = world.makeClient();
  await made.client.start();
  await until(() => made.events.continuity.length === 1);
  world.append("a", "missed");
  await until(() => made.heard.length === 1);
  expect(world.appServer.caughtUp.at(-1)?.at).toEqual({ endpoint: "east" });
  expect(world.appServer.reviewed).toEqual([]);
  world.sendTo("west");
  world.review = { move: true, reason: "out-of-use" };
  await until(() => made.events.moved.length === 1);
});

it("a review that gets no answer from the history asks for the place alone", async () => {
  const world = await ContinuityWorld.start();
  world.told = { reviewAfterInMs: 100 };
  const made = world.makeClient();
  await made.client.start();
  await until(() => made.events.continuity.length === 1);
  world.appServer.history = () => answerStatus(503);
  await until(() => world.appServer.reviewed.length > 0);
});

it("without a history on the app server, a client with continuity is one without", async () => {
  const world = await ContinuityWorld.start();
  world.told = { history: undefined };
  const made = world.makeClient();
  await made.client.start();
  await made.client.joinGroup("news");
  world.socket.message("plain");
  await until(() => made.heard.length === 1);
  expect(world.appServer.caughtUp).toEqual([]);
  expect(made.events.continuity).toEqual([]);
});

describe("continuity refuses", () => {
  const saved = { streams: {}, connections: [] };
  it.each<[string, () => unknown]>([
    ["a time that is none", () => continuity({ holdBackInMs: -1 })],
    ["what is no option of it", () => continuity({ holdBack: 5 } as object)],
    ["ids that are none", () => continuity({ since: { ...saved, received: [1] as never } })],
    ["positions that are none", () => continuity({ since: { ...saved, streams: { a: "7" } } })],
    [
      "connections that are none",
      () => continuity({ since: { ...saved, connections: [1] as never } }),
    ],
    [
      "a negotiate that is no URL",
      () => new ResilientPubSubClient(() => ({ url: "" }), { continuity: continuity() }),
    ],
  ])("%s", (_, make) => {
    expect(make).toThrow(expect.objectContaining({ code: "ERR_INVALID_OPTIONS" }));
  });
});
