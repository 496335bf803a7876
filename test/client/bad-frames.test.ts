import fc from "fast-check";
import { patience } from "../emulator/support/fuzz.ts";
import { runs } from "../support/runs.ts";
import { until } from "../support/until.ts";
import { makeClient } from "./support/make-client.ts";
import { ScriptedNegotiate } from "./support/scripted-negotiate.ts";
import { ScriptedService } from "./support/scripted-service.ts";

/*
 * Whatever a service says, the client goes on. Nobody listens for uncaught errors and unhandled
 * rejections here: the test runner does, and fails the test.
 */

jest.setTimeout(patience);

const anything = fc.oneof(
  fc.jsonValue({ maxDepth: 2 }),
  fc.constantFrom("__proto__", "toString", "1", 1, 1.5, -1, 1e300, 2 ** 53, "AAE=", "?"),
);
const members = {
  event: fc.oneof(fc.constantFrom("connected", "disconnected"), anything),
  from: fc.oneof(fc.constantFrom("server", "group", "toString", "__proto__"), anything),
  dataType: fc.oneof(fc.constantFrom("text", "json", "binary", "protobuf", "x"), anything),
  data: anything,
  group: anything,
  ackId: fc.oneof(fc.constantFrom(1, 2, 3), anything),
  success: fc.oneof(fc.boolean(), anything),
  error: fc.oneof(fc.constant({ name: "Duplicate" }), fc.constant({}), anything),
  invocationId: fc.oneof(fc.constantFrom("1", "2"), anything),
  connectionId: anything,
  reconnectionToken: anything,
  userId: anything,
  message: anything,
  stream: anything,
};

const knownTypes = ["system", "message", "ack", "invokeResponse", "pong"];
const almost = fc
  .constantFrom(...knownTypes)
  .chain((type) => fc.record({ type: fc.constant(type), ...members }, { requiredKeys: ["type"] }))
  .map((frame) => JSON.stringify(frame));
const frame: fc.Arbitrary<string | Buffer> = fc.oneof(
  { weight: 5, arbitrary: almost },
  // A number that was never promised, in place of one that was.
  fc
    .tuple(anything)
    .map(([sequenceId]) =>
      JSON.stringify({ type: "message", from: "server", dataType: "json", data: 1, sequenceId }),
    ),
  fc.json(),
  fc.string({ unit: "binary" }),
  fc.uint8Array({ maxLength: 50 }).map((bytes) => Buffer.from(bytes)),
  almost.map((text) => Buffer.from(text)),
  almost.map((text) => text.slice(0, -3)),
  fc.integer({ min: 1, max: 50_000 }).map((depth) => "[".repeat(depth) + "]".repeat(depth)),
  fc.constant(
    JSON.stringify({
      type: "message",
      from: "server",
      dataType: "text",
      data: "x".repeat(2 ** 21),
    }),
  ),
);

async function startAt(service: ScriptedService) {
  const made = makeClient(new ScriptedNegotiate({ east: service }).negotiate, {
    handshakeTimeoutInMs: 200,
  });
  await made.client.start();
  return made;
}

/** Messages come in and calls go out, on whatever connection it is by now. */
async function expectAlive(
  service: ScriptedService,
  { client, heard }: Awaited<ReturnType<typeof startAt>>,
): Promise<void> {
  await until(async () => {
    const isAlive = await client.sendEvent("still there?", 1, "json").then(
      () => true,
      () => false,
    );
    return isAlive;
  });
  await until(() => {
    // The latest socket need not be the one that the client has kept.
    for (const socket of service.clients) socket.message("hello");
    return heard.includes("hello");
  });
  expect(client.state).toBe("connected");
}

it("frames of any kind on an open connection leave the client alive", async () => {
  const service = await ScriptedService.start();
  await fc.assert(
    fc.asyncProperty(fc.array(frame, { minLength: 1, maxLength: 8 }), async (frames) => {
      service.behaviour = {};
      const made = await startAt(service);
      const { client } = made;
      const calls = Promise.allSettled([client.joinGroup("g"), client.invokeEvent("e", 1, "json")]);
      for (const one of frames) service.latest?.send(one);
      await expectAlive(service, made);
      client.stop();
      await calls;
    }),
    runs(60),
  );
});

it("frames of any kind in place of a greeting, or of a recovery, keep it out only so long", async () => {
  const service = await ScriptedService.start();
  await fc.assert(
    fc.asyncProperty(frame, frame, async (first, second) => {
      let isBad = true;
      service.behaviour = {};
      const made = await startAt(service);
      service.behaviour = {
        greet: (socket) => (isBad ? socket.send(first) : socket.greet("good")),
        recover: (socket) => (isBad ? socket.send(second) : socket.close(1008)),
      };
      const count = service.clients.length;
      service.latest?.cut();
      await until(() => service.clients.length > count);
      isBad = false;
      await expectAlive(service, made);
      made.client.stop();
    }),
    runs(30),
  );
});

it("a message that cannot be read is not asked for again and again", async () => {
  const service = await ScriptedService.start({ recover: (socket) => socket.send("{") });
  const { client, log } = await startAt(service);
  service.latest?.send("{");
  await until(() => log.includes("disconnected"));
  await until(() => client.state === "connected");
  expect(service.clients.map(({ isRecovery }) => isRecovery)).toEqual([false, false]);
});

it("a sequence id of null counts as none", async () => {
  const service = await ScriptedService.start();
  const { heard } = await startAt(service);
  for (const data of [1, 2]) service.latest?.message(data, null as never);
  await until(() => heard.length === 2);
});

// No text can be made of it.
const unprintable = { toString: 1, valueOf: 1 };

it.each<[string, object]>([
  ["a message with a sequence id", { type: "message", from: "server", dataType: "json", data: 1 }],
  ["a message of base64", { type: "message", from: "server", dataType: "binary" }],
  ["an ack", { type: "ack", success: true }],
  ["a refusal", { type: "ack", ackId: 1, success: false }],
  ["an answer", { type: "invokeResponse", success: true }],
  ["a failed answer", { type: "invokeResponse", invocationId: "1", success: false }],
  ["another greeting", { type: "system", event: "connected" }],
])("%s that no text can be made of leaves the client alive", async (_, frame) => {
  const members = ["sequenceId", "data", "ackId", "error", "invocationId", "connectionId"];
  const service = await ScriptedService.start();
  const made = await startAt(service);
  const calls = Promise.allSettled([made.client.invokeEvent("e", 1, "json")]);
  for (const member of members) {
    if (!(member in frame)) service.latest?.send({ ...frame, [member]: unprintable });
  }
  const error = { name: unprintable, message: unprintable };
  if (!("from" in frame)) service.latest?.send({ ...frame, error, reconnectionToken: unprintable });
  await expectAlive(service, made);
  made.client.stop();
  await calls;
});
