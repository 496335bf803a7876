import { createDeferred } from "../support/deferred.ts";
import { sendToAll } from "../support/rest.ts";
import { allRoles, createScene, jsonProtocol, reliableProtocol } from "../support/scene.ts";
import type { SocketClient } from "../support/socket-client.ts";

const scene = createScene();

const acked = (ackId: number) => ({ type: "ack", ackId, success: true });
const refused = (ackId: number, name: string) => ({
  type: "ack",
  ackId,
  success: false,
  error: { name, message: expect.any(String) },
});

/** Everything sent before has been handled once the pong is here, since frames keep their order. */
async function expectSilence(client: SocketClient): Promise<void> {
  expect(await client.ask({ type: "ping" })).toEqual({ type: "pong" });
}

describe("the first frame", () => {
  test.each([
    [jsonProtocol, "u", {}],
    [jsonProtocol, undefined, {}],
    [reliableProtocol, "u", { reconnectionToken: expect.stringMatching(/^\S{20,}$/) }],
  ])("on %s for user %j says connected", async (protocol, userId, more) => {
    const emulator = await scene.emulator();
    const client = await scene.connect(emulator, { protocols: [protocol], userId });
    expect(client.socket.protocol).toBe(protocol);
    expect(await client.nextJson()).toEqual({
      type: "system",
      event: "connected",
      userId: userId ?? null,
      connectionId: expect.stringMatching(/^[\w-]{31}$/),
      ...more,
    });
  });
});

describe("groups", () => {
  test("carry what is published to their members, the sender included", async () => {
    const emulator = await scene.emulator();
    const a = await scene.connectJson(emulator, { userId: "a", roles: allRoles });
    const b = await scene.connectJson(emulator, { userId: "b", groups: ["g"] });
    expect(await a.ask({ type: "joinGroup", group: "g", ackId: 1 })).toEqual(acked(1));
    a.send({ type: "sendToGroup", group: "g", dataType: "json", data: { x: 1 }, ackId: 2 });
    const message = {
      type: "message",
      from: "group",
      group: "g",
      fromUserId: "a",
      dataType: "json",
      data: { x: 1 },
    };
    expect(await b.nextJson()).toEqual(message);
    expect(await a.nextJson()).toEqual(message);
    expect(await a.nextJson()).toEqual(acked(2));
  });

  test("spare the sender with noEcho, and whoever has left", async () => {
    const emulator = await scene.emulator();
    const a = await scene.connectJson(emulator, { roles: allRoles, groups: ["g"] });
    const b = await scene.connectJson(emulator, { roles: allRoles, groups: ["g"] });
    a.send({ type: "sendToGroup", group: "g", data: 1, noEcho: true });
    expect(await b.nextJson()).toMatchObject({ data: 1, fromUserId: null });
    expect(await b.ask({ type: "leaveGroup", group: "g", ackId: 1 })).toEqual(acked(1));
    a.send({ type: "sendToGroup", group: "g", data: 2 });
    expect(await a.nextJson()).toMatchObject({ data: 2 });
    await expectSilence(b);
  });

  test("a client that is no member of a group may send to it", async () => {
    const emulator = await scene.emulator();
    const a = await scene.connectJson(emulator, { roles: allRoles });
    expect(await a.ask({ type: "sendToGroup", group: "g", data: 1, ackId: 1 })).toEqual(acked(1));
  });

  test.each([
    ["joinGroup", [], "Forbidden"],
    ["joinGroup", ["webpubsub.sendToGroup"], "Forbidden"],
    ["joinGroup", ["webpubsub.joinLeaveGroup.other"], "Forbidden"],
    ["joinGroup", ["webpubsub.joinLeaveGroup.g"], undefined],
    ["leaveGroup", [], "Forbidden"],
    ["sendToGroup", ["webpubsub.joinLeaveGroup"], "Forbidden"],
    ["sendToGroup", ["webpubsub.sendToGroup.g"], undefined],
  ])("need a role: %s with %j", async (type, roles, error) => {
    const emulator = await scene.emulator();
    const client = await scene.connectJson(emulator, { roles });
    const answer = await client.ask({ type, group: "g", data: 1, ackId: 5 });
    expect(answer).toEqual(error ? refused(5, error) : acked(5));
    // Without an ackId the refusal is silent.
    if (error) client.send({ type, group: "g", data: 1 });
    await expectSilence(client);
  });

  // Row 4 of the differences: R for `join`, which the service documents; E for the others.
  test.each([
    ["joinGroup", "join"],
    ["leaveGroup", "leave"],
    ["sendToGroup", "send to"],
    ["subscribeGroupState", "use the state of"],
  ])("say which permission a %s lacks", async (type, action) => {
    const emulator = await scene.emulator();
    const client = await scene.connectJson(emulator);
    expect(await client.ask({ type, group: "group1", data: 1, ackId: 1 })).toMatchObject({
      error: {
        name: "Forbidden",
        message: `The client does not have permission to ${action} group 'group1'.`,
      },
    });
  });

  // Row 5 of the differences (E): without an ack there is no other way to tell.
  test.each([
    [{ type: "joinGroup", group: " " }, /group name/],
    [{ type: "event", event: "1st", data: 1 }, /event name/],
    [{ type: "sendToGroup", group: "g", dataType: "protobuf", data: "AAEC" }, /Any/],
    [{ type: "sendToGroup", group: "g", data: 1, ttlSeconds: 301, ackId: 1 }, /time to live/],
  ])("close the connection with 1007: %j", async (request, reason) => {
    const emulator = await scene.emulator();
    const client = await scene.connectJson(emulator, { roles: allRoles });
    client.send(request);
    expect(await client.closed).toEqual({ code: 1007, reason: expect.stringMatching(reason) });
    expect(client.unread).toBe(0);
  });

  // Row 6 of the differences (E).
  test("keep keys of metadata apart that differ in case; the same one twice closes", async () => {
    const emulator = await scene.emulator();
    const client = await scene.connectJson(emulator, { roles: allRoles, groups: ["g"] });
    const metadata = { Trace: "one", trace: "two" };
    const message = await client.ask({ type: "sendToGroup", group: "g", data: 1, metadata });
    expect(message).toMatchObject({ metadata });
    client.send('{"type":"sendToGroup","group":"g","data":1,"metadata":{"a":"1","a":"2"}}');
    expect((await client.closed).code).toBe(1007);
  });

  test.each([
    ["text", "hé", "hé", "hé"],
    ["json", { a: [1] }, { a: [1] }, '{"a":[1]}'],
    ["binary", "AAEC", "AAEC", Buffer.from([0, 1, 2])],
  ])("carry %s to JSON and simple clients", async (dataType, data, enveloped, bare) => {
    const emulator = await scene.emulator();
    const pubSub = await scene.connectJson(emulator, { roles: allRoles, groups: ["g"] });
    const simple = await scene.connect(emulator, { groups: ["g"] });
    pubSub.send({ type: "sendToGroup", group: "g", dataType, data });
    expect(await pubSub.nextJson()).toMatchObject({ dataType, data: enveloped });
    const frame = await simple.next();
    expect(frame.isBinary).toBe(Buffer.isBuffer(bare));
    expect(frame.isBinary ? frame.data : frame.data.toString()).toEqual(bare);
  });
});

describe("acks", () => {
  test("come once per success; the second time it is a duplicate and nothing is done", async () => {
    const emulator = await scene.emulator();
    const client = await scene.connectJson(emulator, { roles: allRoles, groups: ["g"] });
    const request = { type: "sendToGroup", group: "g", data: 1, ackId: 7 };
    client.send(request);
    expect(await client.nextJson()).toMatchObject({ type: "message" });
    expect(await client.nextJson()).toEqual(acked(7));
    expect(await client.ask(request)).toEqual({
      ...refused(7, "Duplicate"),
      error: { name: "Duplicate", message: "Message with ack-id: 7 has been processed" },
    });
    await expectSilence(client);
  });

  test("the ack of a failure does not use up its id", async () => {
    const emulator = await scene.emulator();
    const client = await scene.connectJson(emulator, { roles: ["webpubsub.joinLeaveGroup.g"] });
    const join = { type: "joinGroup", ackId: 1 };
    expect(await client.ask({ ...join, group: "h" })).toEqual(refused(1, "Forbidden"));
    expect(await client.ask({ ...join, group: "" })).toEqual(refused(1, "BadRequest"));
    expect(await client.ask({ ...join, group: "g" })).toEqual(acked(1));
    expect(await client.ask({ ...join, group: "h" })).toEqual(refused(1, "Duplicate"));
  });
});

describe("reliable clients", () => {
  test("get each message with the next number of their own", async () => {
    const emulator = await scene.emulator();
    const early = await scene.connectJson(emulator, { protocols: [reliableProtocol] });
    await sendToAll(emulator, "one");
    const late = await scene.connectJson(emulator, { protocols: [reliableProtocol] });
    await sendToAll(emulator, "two");
    expect(await early.nextJson()).toMatchObject({ sequenceId: 1, data: "one" });
    expect(await early.nextJson()).toMatchObject({ sequenceId: 2, data: "two" });
    expect(await late.nextJson()).toMatchObject({ sequenceId: 1, data: "two" });
    early.send({ type: "sequenceAck", sequenceId: 2 });
    await expectSilence(early);
  });
});

describe("streams", () => {
  test("reach the members of a group part by part", async () => {
    const emulator = await scene.emulator();
    const a = await scene.connectJson(emulator, { userId: "a", roles: allRoles });
    const b = await scene.connectJson(emulator, { groups: ["g"] });
    const stream = { streamId: "s" };
    expect(await a.ask({ type: "sendToGroup", group: "g", stream })).toEqual({
      type: "streamAck",
      streamId: "s",
      expectedSequenceId: 1,
    });
    const part = { type: "streamData", streamId: "s", dataType: "text" };
    expect(await a.ask({ ...part, streamSequenceId: 1, data: "one" })).toMatchObject({
      type: "streamAck",
      expectedSequenceId: 2,
    });
    expect(await b.nextJson()).toEqual({
      type: "message",
      from: "group",
      group: "g",
      fromUserId: "a",
      stream: { streamId: "s", streamSequenceId: 1 },
      dataType: "text",
      data: "one",
    });
    expect(await a.ask({ ...part, streamSequenceId: 3, data: "three" })).toMatchObject({
      type: "streamNack",
      name: "InvalidSequenceId",
      expectedSequenceId: 2,
    });
    expect(await a.ask({ type: "streamEnd", streamId: "s" })).toEqual({
      type: "streamClosed",
      streamId: "s",
    });
    expect(await b.nextJson()).toMatchObject({
      stream: { streamId: "s", streamSequenceId: 2, endOfStream: true },
    });
  });

  test("that their publisher leaves open are ended for the members", async () => {
    const emulator = await scene.emulator();
    const a = await scene.connectJson(emulator, { roles: allRoles });
    const b = await scene.connectJson(emulator, { groups: ["g"] });
    await a.ask({ type: "sendToGroup", group: "g", stream: { streamId: "s" } });
    a.terminate();
    expect(await b.nextJson()).toMatchObject({
      stream: { endOfStream: true, error: { name: "Cancelled" } },
    });
  });

  test.each([
    [
      "an unknown stream",
      { type: "streamData", streamId: "s", streamSequenceId: 1, data: 1 },
      "StreamNotFound",
    ],
    [
      "a group one may not send to",
      { type: "sendToGroup", group: "g", stream: { streamId: "s" } },
      "Forbidden",
    ],
    [
      "data in the first frame",
      { type: "sendToGroup", group: "g", data: 1, stream: { streamId: "s" } },
      "BadRequest",
    ],
  ])("to %s are closed", async (_what, request, name) => {
    const emulator = await scene.emulator();
    const client = await scene.connectJson(emulator);
    expect(await client.ask(request)).toMatchObject({
      type: "streamClosed",
      streamId: "s",
      error: { name },
    });
  });
});

describe("group states", () => {
  test("are shown to whoever subscribes, first all and then each change", async () => {
    const emulator = await scene.emulator();
    const a = await scene.connectJson(emulator, { userId: "a", groups: ["g"] });
    const b = await scene.connectJson(emulator, { roles: allRoles });
    const set = { type: "setGroupState", group: "g" };
    expect(await a.ask({ ...set, state: { at: "desk" }, ackId: 1 })).toEqual(acked(1));
    expect(await b.ask({ type: "subscribeGroupState", group: "g", ackId: 1 })).toEqual(acked(1));
    const item = { connectionId: a.connectionId, userId: "a", updatedAt: expect.any(Number) };
    expect(await b.nextJson()).toEqual({
      type: "groupStateSnapshot",
      group: "g",
      items: [{ ...item, state: { at: "desk" } }],
    });
    a.send({ ...set, state: { at: "lunch" } });
    expect(await b.nextJson()).toEqual({
      type: "groupStateUpdate",
      group: "g",
      items: [{ ...item, state: { at: "lunch" } }],
    });
    a.terminate();
    expect(await b.nextJson()).toMatchObject({ type: "groupStateUpdate", items: [item] });
    const unsubscribe = { type: "unsubscribeGroupState", group: "g", ackId: 2 };
    expect(await b.ask(unsubscribe)).toEqual(acked(2));
  });

  test.each(["setGroupState", "subscribeGroupState", "unsubscribeGroupState"])(
    "need a role or the membership: %s",
    async (type) => {
      const emulator = await scene.emulator();
      const client = await scene.connectJson(emulator);
      expect(await client.ask({ type, group: "g", ackId: 1 })).toEqual(refused(1, "Forbidden"));
    },
  );
});

test("JSON may come in binary frames", async () => {
  const emulator = await scene.emulator();
  const client = await scene.connectJson(emulator);
  client.send(Buffer.from('{"type":"ping"}'));
  expect(await client.nextJson()).toEqual({ type: "pong" });
});

describe("a ping", () => {
  const slow = { type: "event", event: "e", data: 1, ackId: 1 };

  test("is answered while an app server takes its time, also behind frames that wait for it", async () => {
    const { appServer, emulator } = await scene.withAppServer();
    const client = await scene.connectJson(emulator);
    await appServer.nextEvents(2);
    const answer = createDeferred<{ status: number }>();
    appServer.answer = () => answer.promise;
    for (const request of [slow, { ...slow, ackId: 2 }, { type: "ping" }]) client.send(request);
    expect(await client.nextJson()).toEqual({ type: "pong" });
    await appServer.events.take();
    expect(await client.ask({ type: "ping" })).toEqual({ type: "pong" });
    expect(appServer.events.size).toBe(0);
    answer.resolve({ status: 204 });
    expect([await client.nextJson(), await client.nextJson()]).toEqual([acked(1), acked(2)]);
  });

  test("is answered after what needs no app server and was sent before", async () => {
    const emulator = await scene.emulator();
    const client = await scene.connectJson(emulator, { roles: allRoles, groups: ["g"] });
    client.send({ type: "sendToGroup", group: "g", dataType: "text", data: "x", ackId: 1 });
    client.send({ type: "ping" });
    const frames = [await client.nextJson(), await client.nextJson(), await client.nextJson()];
    expect(frames).toMatchObject([{ type: "message" }, acked(1), { type: "pong" }]);
  });

  test("with more in it waits its turn, so that nothing large is read twice", async () => {
    const { appServer, emulator } = await scene.withAppServer();
    const client = await scene.connectJson(emulator);
    await appServer.nextEvents(2);
    client.send(slow);
    client.send({ type: "ping", padding: "x".repeat(300) });
    expect([await client.nextJson(), await client.nextJson()]).toEqual([
      acked(1),
      { type: "pong" },
    ]);
  });
});
