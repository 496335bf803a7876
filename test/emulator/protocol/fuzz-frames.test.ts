import type { Emulator } from "express-resilient-pubsub/emulator";
import fc from "fast-check";
import { Broadcast } from "../../../src/emulator/protocol/broadcast.ts";
import {
  type ClientRequest,
  MalformedFrameError,
} from "../../../src/emulator/protocol/client-request.ts";
import type { Codec } from "../../../src/emulator/protocol/codec.ts";
import { jsonCodec } from "../../../src/emulator/protocol/json-codec.ts";
import { protobufCodec } from "../../../src/emulator/protocol/protobuf-codec.ts";
import { simpleEncoder } from "../../../src/emulator/protocol/simple-frames.ts";
import { runs } from "../../support/runs.ts";
import {
  expectEmpty,
  expectServing,
  mutated,
  oddName,
  patience,
  watchForMistakes,
} from "../support/fuzz.ts";
import { decodeDownstream, encodeUpstream } from "../support/protobuf.ts";
import { allRoles, createScene } from "../support/scene.ts";

const scene = createScene();
const expectNoMistakes = watchForMistakes();

const name = fc.oneof(fc.constantFrom("g", "s", "1", "echo"), oddName);
const count = fc.oneof(
  fc.integer({ min: 0, max: 5 }),
  fc.constantFrom(-1, 1.5, 301, 2 ** 31, 2 ** 53 - 1, 2 ** 53, 1e300),
);
const texts = fc.dictionary(oddName, oddName, { maxKeys: 3 });
const data = fc.oneof(
  name,
  fc.constantFrom("AAEC", "AAE=", "===", ""),
  fc.jsonValue({ stringUnit: "binary" }),
);
const anything = fc.jsonValue({ maxDepth: 2 });

const members = {
  group: name,
  event: name,
  ackId: count,
  noEcho: fc.boolean(),
  ttlSeconds: count,
  dataType: fc.constantFrom("text", "json", "binary", "protobuf", "TEXT", "x"),
  data,
  metadata: texts,
  state: fc.oneof(texts, fc.constant(null)),
  stream: fc.record({ streamId: name, idleTimeoutMs: count }, { requiredKeys: ["streamId"] }),
  streamId: name,
  streamSequenceId: count,
  invocationId: name,
  target: fc.constantFrom("event", "upstream", "group"),
  sequenceId: count,
  error: fc.record({ message: name, userErrorCode: name, name }, { requiredKeys: [] }),
};

/** The members that a message of the type is made of. */
const types: Record<string, (keyof typeof members)[]> = {
  joinGroup: ["group", "ackId"],
  leaveGroup: ["group", "ackId"],
  sendToGroup: ["group", "ackId", "noEcho", "ttlSeconds", "dataType", "data", "metadata", "stream"],
  event: ["event", "ackId", "dataType", "data", "metadata"],
  ping: [],
  sequenceAck: ["sequenceId"],
  invoke: ["invocationId", "target", "event", "dataType", "data"],
  cancelInvocation: ["invocationId"],
  invokeResponse: ["invocationId", "dataType", "data", "error"],
  streamData: ["streamId", "streamSequenceId", "dataType", "data"],
  streamEnd: ["streamId", "error"],
  setGroupState: ["group", "ackId", "state"],
  subscribeGroupState: ["group", "ackId"],
  unsubscribeGroupState: ["group", "ackId"],
};

const request = fc.constantFrom(...Object.keys(types)).chain((type) => {
  const names = types[type] ?? [];
  const model = Object.fromEntries(
    names.map((one) => [
      one,
      fc.oneof({ weight: 15, arbitrary: members[one] as fc.Arbitrary<unknown> }, anything),
    ]),
  );
  return fc.record({ type: fc.constant(type), ...model }, { requiredKeys: ["type"] });
});

const json: fc.Arbitrary<Buffer> = fc.oneof(
  { weight: 6, arbitrary: request.map((value) => Buffer.from(JSON.stringify(value))) },
  { weight: 2, arbitrary: mutated(request.map((value) => Buffer.from(JSON.stringify(value)))) },
  fc.json({ stringUnit: "binary" }).map((text) => Buffer.from(text)),
  fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes)),
  fc
    .tuple(fc.constantFrom("sendToGroup", "event", "x"), fc.integer({ min: 1, max: 200_000 }))
    .map(([type, depth]) =>
      Buffer.from(
        `{"type":"${type}","group":"g","event":"e","data":${"[".repeat(depth)}${"]".repeat(depth)}}`,
      ),
    ),
  fc
    .constantFrom(
      '{"type":"event","event":"e","data":1e999}',
      '{"type":"joinGroup","group":"g","ackId":123456789012345678901234567890}',
      '{"type":"joinGroup","group":"g","ackId":-0}',
      '{"__proto__":{"type":"ping"}}',
      '{"type":"ping","type":"event"}',
      '{"type":"setGroupState","group":"g","state":{"__proto__":"x","constructor":"y"}}',
    )
    .map((text) => Buffer.from(text)),
);

const wireData = fc.oneof(
  fc.record({ text_data: name }),
  fc.record({ json_data: fc.oneof(fc.json(), name) }),
  fc.record({ binary_data: fc.uint8Array({ maxLength: 20 }) }),
  fc.record({
    protobuf_data: fc.record({ type_url: name, value: fc.uint8Array({ maxLength: 20 }) }),
  }),
  fc.constant({}),
);
const natural = fc.oneof(fc.nat({ max: 5 }), fc.constantFrom(301, 2 ** 32 - 1));
const groupRequest = { group: name, ack_id: natural };
const wireMessages: Record<string, Record<string, fc.Arbitrary<unknown>>> = {
  send_to_group_message: {
    ...groupRequest,
    data: wireData,
    no_echo: fc.boolean(),
    ttl_seconds: natural,
    metadata: texts,
    stream: fc.record({ stream_id: name, idle_timeout_ms: natural }, { requiredKeys: [] }),
  },
  event_message: { event: name, data: wireData, ack_id: natural, metadata: texts },
  join_group_message: groupRequest,
  leave_group_message: groupRequest,
  sequence_ack_message: { sequence_id: natural },
  ping_message: {},
  invoke_event_message: { event: name, invocation_id: name, data: wireData },
  cancel_invocation_message: { invocation_id: name },
  stream_data_message: { stream_id: name, stream_sequence_id: natural, data: wireData },
  stream_end_message: {
    stream_id: name,
    error: fc.record({ message: name, user_error_code: name }),
  },
  set_group_state_message: { ...groupRequest, state: fc.record({ entries: texts }) },
  subscribe_group_state_message: groupRequest,
  unsubscribe_group_state_message: groupRequest,
};

const wireRequest = fc
  .constantFrom(...Object.keys(wireMessages))
  .chain((type) =>
    fc
      .record(wireMessages[type] ?? {}, { requiredKeys: [] })
      .map((message) => encodeUpstream({ [type]: message })),
  );

const protobuf: fc.Arbitrary<Buffer> = fc.oneof(
  { weight: 6, arbitrary: wireRequest },
  { weight: 4, arbitrary: mutated(wireRequest) },
  fc.array(wireRequest, { maxLength: 3 }).map((all) => Buffer.concat(all)),
  fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes)),
  // Groups, as an old protobuf has them, one in the other.
  fc.integer({ min: 1, max: 100_000 }).map((depth) => Buffer.alloc(depth, 0xa3)),
);

async function parseOrRefuse(
  codec: Codec,
  bytes: Buffer,
  isBinary: boolean,
): Promise<ClientRequest | undefined> {
  try {
    return await codec.parse({ data: bytes, isBinary });
  } catch (error) {
    if (error instanceof MalformedFrameError) return undefined;
    throw error;
  }
}

const encoders = [simpleEncoder, jsonCodec, protobufCodec];

/** Whatever has been understood can be told to others, and they can read it. */
function expectTellable(parsed: ClientRequest | undefined): void {
  if (parsed?.kind !== "sendToGroup") return;
  const { group, payload, metadata } = parsed;
  const broadcast = new Broadcast({ from: "group", group, fromUserId: "u", payload, metadata });
  const [, inJson, inProtobuf] = encoders.map((encoder) => broadcast.frame(encoder));
  if (!inJson || !inProtobuf) throw new Error("The message was not written.");
  const numbered = JSON.parse(jsonCodec.withSequenceId(inJson, 7).data.toString());
  expect(numbered).toMatchObject({ sequenceId: 7, type: "message", group });
  expect(decodeDownstream(protobufCodec.withSequenceId(inProtobuf, 7).data)).toMatchObject({
    data_message: { sequence_id: 7, from: "group" },
  });
}

test.each([
  ["JSON", jsonCodec, json, false],
  ["protobuf", protobufCodec, protobuf, true],
])(
  "a frame of %s is understood or malformed",
  async (_what, codec, frames, isBinary) => {
    await fc.assert(
      fc.asyncProperty(frames, async (bytes) =>
        expectTellable(await parseOrRefuse(codec, bytes, isBinary)),
      ),
      runs(1500),
    );
  },
  patience,
);

async function createHub(): Promise<Emulator> {
  const appServer = await scene.appServer();
  appServer.answer = ({ bytes, headers }) => ({
    headers: { "Content-Type": headers["content-type"] ?? "text/plain", "ce-connectionState": "s" },
    body: bytes,
  });
  const [handler] = appServer.hub.eventHandlers;
  const groupEvents = ["joined", "left"] as const;
  return scene.emulator({
    admin: true,
    hubs: { chat: { eventHandlers: handler ? [{ ...handler, groupEvents }] : [] } },
  });
}

test.each([
  ["json.webpubsub.azure.v1", json],
  ["json.reliable.webpubsub.azure.v1", json],
  ["protobuf.webpubsub.azure.v1", protobuf],
  ["protobuf.reliable.webpubsub.azure.v1", protobuf],
  ["none", fc.oneof(json, protobuf)],
])(
  "a client of %s may say what it likes",
  async (protocol, frames) => {
    const emulator = await createHub();
    const isBinary = protocol.startsWith("protobuf");
    const frame = fc.record({
      bytes: frames,
      binary: fc.oneof({ weight: 9, arbitrary: fc.constant(isBinary) }, fc.boolean()),
    });
    const property = fc.asyncProperty(fc.array(frame, { maxLength: 8 }), async (said) => {
      const protocols = protocol === "none" ? [] : [protocol];
      const client = await scene.connect(emulator, {
        protocols,
        roles: allRoles,
        groups: ["g"],
        userId: "ann",
      });
      for (const { bytes, binary } of said) client.socket.send(bytes, { binary });
      client.socket.close();
      // Going away, or having said what no client says; never a failure of the service.
      expect([1000, 1003, 1005, 1007, ...(protocol === "none" ? [1011] : [])]).toContain(
        (await client.closed).code,
      );
      expectNoMistakes();
    });
    await fc.assert(property, runs(40));
    await expectServing(scene, emulator);
    await expectEmpty(emulator);
  },
  patience,
);
