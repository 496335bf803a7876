import { WebSocket } from "ws";
import { until } from "../support/until.ts";
import { makeClient } from "./support/make-client.ts";
import { ScriptedNegotiate } from "./support/scripted-negotiate.ts";
import { type Frame, ScriptedService, type ServiceClient } from "./support/scripted-service.ts";

const failing = (code: string, more: object = {}) => expect.objectContaining({ code, ...more });

async function connect(options = {}) {
  const east = await ScriptedService.start();
  const west = await ScriptedService.start();
  const routing = new ScriptedNegotiate({ east, west });
  const made = makeClient(routing.negotiate, options);
  await made.client.start();
  return { east, west, routing, ...made };
}

type Connected = Awaited<ReturnType<typeof connect>>;

/** Answers pings and joins, so that connections come up, and keeps silent about all else. */
const silentAboutCalls = (frame: Frame, client: ServiceClient): void => {
  if (frame.type === "ping" || frame.type === "joinGroup") client.answer(frame);
};

/** Takes the endpoint away; nothing comes in its place until the test says where to go. */
async function cutOff({ east, routing, client }: Connected): Promise<void> {
  routing.sendTo("nowhere");
  east.behaviour = { ...east.behaviour, recover: (socket) => socket.close(1008) };
  east.latest?.cut();
  await until(() => client.state === "reconnecting");
}

/** What the calls that are not made on the wire by number alone look like there. */
const sent = ({ latest }: ScriptedService): string[] =>
  (latest?.received ?? [])
    .filter(({ type }) => !["ping", "sequenceAck"].includes(type))
    .map(({ type, group, event, data }) => [type, group ?? event, data].filter(Boolean).join(" "));

describe("a call", () => {
  it.each<[string, (made: Connected) => Promise<unknown>, object]>([
    [
      "sendToGroup",
      ({ client }) => client.sendToGroup("g", { a: 1 }, "json", { noEcho: true }),
      { type: "sendToGroup", group: "g", noEcho: true, dataType: "json", data: { a: 1 }, ackId: 1 },
    ],
    [
      "sendEvent",
      ({ client }) => client.sendEvent("e", "text", "text", { ackId: 7 }),
      { type: "event", event: "e", dataType: "text", data: "text", ackId: 7 },
    ],
    [
      "sendEvent of bytes",
      ({ client }) => client.sendEvent("e", new Uint8Array([0, 255]).buffer, "binary"),
      { type: "event", event: "e", dataType: "binary", data: "AP8=", ackId: 1 },
    ],
    [
      "joinGroup",
      ({ client }) => client.joinGroup("g"),
      { type: "joinGroup", group: "g", ackId: 1 },
    ],
    [
      "leaveGroup",
      ({ client }) => client.leaveGroup("g", { ackId: 0 }),
      { type: "leaveGroup", group: "g", ackId: 0 },
    ],
  ])(
    "a call of %s goes out as the protocol has it, and resolves with its ack",
    async (_, call, frame) => {
      const connected = await connect();
      const { ackId } = frame as { ackId: number };
      expect(await call(connected)).toEqual({ ackId, isDuplicated: false });
      expect(connected.east.latest?.received).toEqual([frame]);
    },
  );

  it("a call that needs no answer resolves when it is handed to the socket", async () => {
    const { client, east } = await connect();
    const options = { fireAndForget: true };
    expect(await client.sendToGroup("g", "x", "text", options)).toEqual({ isDuplicated: false });
    await until(() => east.latest?.received.length);
    expect(east.latest?.received[0]).not.toHaveProperty("ackId");
  });

  it("a call that the service refuses is rejected with the error of the service", async () => {
    const { client, east } = await connect();
    const error = { name: "Forbidden", message: "no" };
    east.behaviour = {
      answer: ({ ackId }, socket) => socket.send({ type: "ack", ackId, success: false, error }),
    };
    await expect(client.joinGroup("g")).rejects.toEqual(
      failing("ERR_CALL_REFUSED", { name: "SendMessageError", ackId: 1, errorDetail: error }),
    );
  });

  it("a call without an answer is rejected after its deadline, and a late answer is ignored", async () => {
    const { client, east } = await connect({ callTimeoutInMs: 20 });
    east.behaviour = { answer: silentAboutCalls };
    await expect(client.sendEvent("e", 1, "json")).rejects.toEqual(
      failing("ERR_CALL_TIMED_OUT", { ackId: 1 }),
    );
    east.latest?.send({ type: "ack", ackId: 1, success: true });
    east.behaviour = {};
    expect(await client.sendEvent("e", 1, "json")).toEqual({ ackId: 2, isDuplicated: false });
  });

  it("a call of a stopped client is refused", async () => {
    const { client } = makeClient("http://127.0.0.1:9/negotiate");
    const refusal = failing("ERR_CLIENT_STOPPED");
    await expect(client.joinGroup("g")).rejects.toEqual(refusal);
    await expect(client.leaveGroup("g")).rejects.toEqual(refusal);
    await expect(client.sendToGroup("g", 1, "json")).rejects.toEqual(refusal);
    await expect(client.sendEvent("e", 1, "json")).rejects.toEqual(refusal);
    await expect(client.invokeEvent("e", 1, "json")).rejects.toEqual(refusal);
  });

  it("a stop rejects calls that were sent and calls that wait", async () => {
    const connected = await connect();
    const { client, east } = connected;
    east.behaviour = { answer: silentAboutCalls };
    const one = expect(client.sendEvent("e", 1, "json")).rejects.toEqual(
      failing("ERR_CLIENT_STOPPED", { message: expect.stringContaining("not known") }),
    );
    client.stop();
    await one;
    east.behaviour = {};
    await client.start();
    await cutOff(connected);
    const two = expect(client.invokeEvent("e", 1, "json")).rejects.toEqual(
      failing("ERR_CLIENT_STOPPED", { message: expect.stringContaining("not sent") }),
    );
    client.stop();
    await two;
  });
});

it.each([[3], [3, 5], [2 ** 52 - 1], [Number.MAX_SAFE_INTEGER]])(
  "no call gets an id of its own that an earlier one was given: %p",
  async (...given) => {
    const { client } = await connect();
    for (const ackId of given) await client.sendEvent("e", 1, "json", { ackId });
    for (let i = 0; i < 5; i++) {
      const { ackId } = await client.sendEvent("e", 1, "json");
      expect(given).not.toContain(ackId);
    }
  },
);

it("an invocation gets no id that another has", async () => {
  const { client, east } = await connect();
  east.behaviour = { answer: silentAboutCalls };
  void client.invokeEvent("e", 1, "json", { invocationId: "1" }).catch(() => {});
  void client.invokeEvent("e", 1, "json").catch(() => {});
  await until(() => east.latest?.received.length === 2);
  expect(east.latest?.received.map(({ invocationId }) => invocationId)).toEqual(["1", "2"]);
});

describe("a call that was sent when the connection was lost", () => {
  it.each<[string, (made: Connected) => Promise<unknown>]>([
    ["sendToGroup", ({ client }) => client.sendToGroup("g", 1, "json")],
    ["sendEvent", ({ client }) => client.sendEvent("e", 1, "json")],
    ["invokeEvent", ({ client }) => client.invokeEvent("e", 1, "json")],
  ])(
    "a call that was sent on a lost connection is rejected, and not sent again: %s",
    async (_, call) => {
      const connected = await connect();
      const { east, west, routing, client } = connected;
      east.behaviour = { answer: silentAboutCalls, recover: (socket) => socket.close(1008) };
      const calling = expect(call(connected)).rejects.toEqual(failing("ERR_OUTCOME_UNKNOWN"));
      await until(() => east.latest?.received.length);
      routing.sendTo("west");
      east.latest?.cut();
      await calling;
      await until(() => client.endpoint === "west");
      await client.leaveGroup("other");
      expect(sent(west)).toEqual(["leaveGroup other"]);
    },
  );

  it("joinGroup and leaveGroup that were sent on a lost connection are sent again", async () => {
    const connected = await connect();
    const { east, west, routing, client } = connected;
    await client.joinGroup("a");
    east.behaviour = { answer: () => {}, recover: (socket) => socket.close(1008) };
    const joining = client.joinGroup("b");
    const leaving = client.leaveGroup("a");
    await until(() => east.latest?.received.length === 3);
    let later: Promise<unknown> | undefined;
    client.on("state-changed", () => {
      later ??= client.sendToGroup("b", 1, "json");
    });
    routing.sendTo("west");
    east.latest?.cut();
    await Promise.all([joining, leaving]);
    await later;
    expect(sent(west)).toEqual(["joinGroup a", "joinGroup b", "leaveGroup a", "sendToGroup b 1"]);
    west.latest?.close(1000);
    await until(() => west.clients.length === 2);
    await until(() => sent(west).length > 0);
    await client.leaveGroup("other");
    expect(sent(west)).toEqual(["joinGroup b", "leaveGroup other"]);
  });
});

describe("calls made without a connection", () => {
  it("calls made without a connection wait for the next one, and go out after the groups, in order", async () => {
    const connected = await connect();
    const { client, west, routing } = connected;
    await client.joinGroup("mine");
    await cutOff(connected);
    const calls = Promise.all([
      client.sendToGroup("g", 1, "json"),
      client.joinGroup("new"),
      client.sendEvent("e", "2", "text", { fireAndForget: true }),
      client.sendToGroup("g", 3, "json"),
    ]);
    routing.sendTo("west");
    await calls;
    expect(sent(west)).toEqual([
      "joinGroup mine",
      "sendToGroup g 1",
      "joinGroup new",
      "event e 2",
      "sendToGroup g 3",
    ]);
  });

  it("calls made before the first connection wait for it", async () => {
    const east = await ScriptedService.start();
    const { client } = makeClient(new ScriptedNegotiate({ east }).negotiate);
    const starting = client.start();
    const joining = client.joinGroup("g");
    await Promise.all([starting, joining]);
    expect(sent(east)).toEqual(["joinGroup g"]);
  });

  it("calls that waited for a connection go out before those made when it comes", async () => {
    const connected = await connect();
    const { client, west, routing } = connected;
    await cutOff(connected);
    const first = client.sendToGroup("g", 1, "json");
    client.on("state-changed", ({ state }) => {
      if (state === "connected") void client.sendToGroup("g", 2, "json");
    });
    client.on("connected", () => void client.sendToGroup("g", 3, "json"));
    routing.sendTo("west");
    await first;
    await until(() => sent(west).length === 3);
    expect(sent(west)).toEqual(["sendToGroup g 1", "sendToGroup g 2", "sendToGroup g 3"]);
  });

  it.each([
    ["calls", { maxQueuedCalls: 2 }],
    ["characters", { maxQueuedCharacters: 150 }],
  ])("a call is refused when too many %s wait, and the others keep waiting", async (_, options) => {
    const connected = await connect(options);
    const { client, west, routing } = connected;
    await cutOff(connected);
    const calls = [1, 2].map((data) => client.sendEvent("e", data, "json"));
    await expect(client.sendEvent("e", 3, "json")).rejects.toEqual(failing("ERR_QUEUE_FULL"));
    routing.sendTo("west");
    await Promise.all(calls);
    // And there is room again.
    await cutOff({ ...connected, east: west });
    const again = [4, 5].map((data) => client.sendEvent("e", data, "json"));
    routing.sendTo("east");
    await Promise.all(again);
  });

  it("waiting calls leave room for others when they are aborted or time out", async () => {
    const connected = await connect({ maxQueuedCalls: 1, callTimeoutInMs: 50 });
    const { client } = connected;
    await cutOff(connected);
    const controller = new AbortController();
    const one = client.sendEvent("e", 1, "json", { abortSignal: controller.signal });
    controller.abort(new Error("never mind"));
    await expect(one).rejects.toThrow("never mind");
    const late = failing("ERR_CALL_TIMED_OUT", { message: expect.stringContaining("not sent") });
    await expect(client.sendEvent("e", 2, "json")).rejects.toEqual(late);
    await expect(client.joinGroup("g")).rejects.toEqual(late);
  });

  it("calls made without a connection are refused at once when none may wait", async () => {
    const connected = await connect({ maxQueuedCalls: 0 });
    await cutOff(connected);
    await expect(connected.client.joinGroup("g")).rejects.toEqual(failing("ERR_QUEUE_FULL"));
  });
});

describe("the signal of a call", () => {
  it("a call whose signal is aborted already is never sent", async () => {
    const { client, east } = await connect();
    const abortSignal = AbortSignal.abort(new Error("no"));
    await expect(client.sendEvent("e", 1, "json", { abortSignal })).rejects.toThrow("no");
    await client.joinGroup("g");
    expect(sent(east)).toEqual(["joinGroup g"]);
  });

  it("aborting a call that waits for a connection rejects it, and it is never sent", async () => {
    const connected = await connect();
    const { client, west, routing } = connected;
    await cutOff(connected);
    const controller = new AbortController();
    const { signal: abortSignal } = controller;
    const one = expect(client.sendEvent("e", 1, "json", { abortSignal })).rejects.toThrow("abort");
    const two = client.sendEvent("e", 2, "json");
    controller.abort();
    await one;
    routing.sendTo("west");
    await two;
    expect(sent(west)).toEqual(["event e 2"]);
  });

  it("aborting a call ends its wait for an answer", async () => {
    const { client, east } = await connect();
    east.behaviour = { answer: silentAboutCalls };
    const controller = new AbortController();
    const { signal: abortSignal } = controller;
    const one = expect(client.leaveGroup("g", { abortSignal })).rejects.toThrow("abort");
    await until(() => sent(east).length === 1);
    controller.abort();
    await one;
  });

  it("aborting an invocation that was sent cancels it at the service", async () => {
    const { client, east } = await connect();
    east.behaviour = { answer: silentAboutCalls };
    const controller = new AbortController();
    const options = { abortSignal: controller.signal, invocationId: "i" };
    const one = expect(client.invokeEvent("e", 1, "json", options)).rejects.toThrow("abort");
    await until(() => sent(east).length === 1);
    controller.abort();
    await one;
    await until(() => east.latest?.receivedOf("cancelInvocation").length);
    expect(east.latest?.receivedOf("cancelInvocation")).toMatchObject([{ invocationId: "i" }]);
  });

  it("aborting a settled call has no effect", async () => {
    const { client, east } = await connect();
    const controller = new AbortController();
    const remove = jest.spyOn(controller.signal, "removeEventListener");
    await client.sendEvent("e", 1, "json", { abortSignal: controller.signal });
    expect(remove).toHaveBeenCalled();
    controller.abort();
    await client.joinGroup("g");
    expect(sent(east)).toEqual(["event e 1", "joinGroup g"]);
  });
});

describe("groups after a move", () => {
  it("groups that cannot be joined again after a move are reported, and the client is connected all the same", async () => {
    const connected = await connect();
    const { client, west, routing, events } = connected;
    await client.joinGroup("open");
    await client.joinGroup("closed");
    const error = { name: "Forbidden", message: "no" };
    west.behaviour = {
      answer: (frame, socket) => {
        if (frame.group !== "closed") socket.answer(frame);
        else socket.send({ type: "ack", ackId: frame.ackId, success: false, error });
      },
    };
    await cutOff(connected);
    routing.sendTo("west");
    await until(() => client.endpoint === "west");
    expect(events["rejoin-group-failed"]).toEqual([
      { group: "closed", error: failing("ERR_CALL_REFUSED", { errorDetail: error }) },
    ]);
  });

  it("a join that is not answered after a move holds up no call, and is reported at its own deadline", async () => {
    const connected = await connect({ handshakeTimeoutInMs: 500, callTimeoutInMs: 3_600_000 });
    const { client, west, routing, events } = connected;
    await client.joinGroup("slow");
    await client.joinGroup("fine");
    west.behaviour = {
      answer: (frame, socket) => {
        if (frame.group !== "slow") socket.answer(frame);
      },
    };
    await cutOff(connected);
    const waiting = client.sendToGroup("fine", "hi", "text");
    routing.sendTo("west");
    await waiting;
    expect(sent(west)).toEqual(["joinGroup slow", "joinGroup fine", "sendToGroup fine hi"]);
    expect(client.state).not.toBe("connected");
    await until(() => client.endpoint === "west");
    expect(events["rejoin-group-failed"]).toEqual([
      { group: "slow", error: failing("ERR_CALL_TIMED_OUT") },
    ]);
  });

  it("joins after a move have no longer deadline than calls", async () => {
    const connected = await connect({ handshakeTimeoutInMs: 3_600_000, callTimeoutInMs: 50 });
    const { client, west, routing, events } = connected;
    await client.joinGroup("slow");
    west.behaviour = { answer: () => {} };
    await cutOff(connected);
    routing.sendTo("west");
    await until(() => client.endpoint === "west");
    expect(events["rejoin-group-failed"]).toHaveLength(1);
  });

  it("groups are not joined again after a move when that is turned off", async () => {
    const connected = await connect({ autoRejoinGroups: false });
    const { client, west, routing } = connected;
    await client.joinGroup("mine");
    await cutOff(connected);
    routing.sendTo("west");
    await until(() => client.endpoint === "west");
    await client.joinGroup("other");
    expect(sent(west)).toEqual(["joinGroup other"]);
  });
});

it("one signal for many calls is listened to once, and for as long as one of them waits", async () => {
  const { client, east } = await connect();
  east.behaviour = { answer: silentAboutCalls };
  const controller = new AbortController();
  const { signal: abortSignal } = controller;
  const add = jest.spyOn(abortSignal, "addEventListener");
  const remove = jest.spyOn(abortSignal, "removeEventListener");
  const calls = [1, 2, 3, 4].map((data) => client.sendEvent("e", data, "json", { abortSignal }));
  await until(() => sent(east).length === 4);
  east.latest?.send({ type: "ack", ackId: 1, success: true });
  await calls[0];
  expect([add.mock.calls.length, remove.mock.calls.length]).toEqual([1, 0]);
  controller.abort();
  const outcomes = await Promise.allSettled(calls);
  expect(outcomes.map(({ status }) => status)).toEqual([
    "fulfilled",
    "rejected",
    "rejected",
    "rejected",
  ]);
  expect(remove).toHaveBeenCalledTimes(1);
});

describe("a socket that is open and stuck", () => {
  /** Tells that so much waits, whatever was sent. */
  function stuckWith(bytes: number) {
    return class extends WebSocket {
      constructor(url: string, protocol: string) {
        super(url, protocol);
        Object.defineProperty(this, "bufferedAmount", { value: bytes });
      }
    };
  }
  const full = { code: "ERR_QUEUE_FULL", message: expect.stringContaining("not sent") };

  it.each([
    ["takes what the queue would take", 4 * 1024 * 1024 - 200, {}, undefined],
    ["takes no more than that", 4 * 1024 * 1024, {}, full],
    ["takes as much as it is allowed to", 5000, { maxQueuedCharacters: 2 ** 30 }, undefined],
    ["takes one message whatever may wait", 5000, { maxQueuedCharacters: 0 }, undefined],
  ])("%s", async (_, bytes, options, expected) => {
    const { client } = await connect({ ...options, webSocket: stuckWith(bytes) });
    const outcome = await client.sendEvent("e", "x", "text").then(
      () => undefined,
      (error) => error,
    );
    if (expected) expect(outcome).toMatchObject(expected);
    else expect(outcome).toBeUndefined();
  });
});
