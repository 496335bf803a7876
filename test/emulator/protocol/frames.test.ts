import { Broadcast } from "../../../src/emulator/protocol/broadcast.ts";
import { MalformedFrameError } from "../../../src/emulator/protocol/client-request.ts";
import { jsonCodec } from "../../../src/emulator/protocol/json-codec.ts";
import { parseJsonRequest } from "../../../src/emulator/protocol/json-requests.ts";
import type { Frame, Message, Payload } from "../../../src/emulator/protocol/message.ts";
import type { ServiceFrame } from "../../../src/emulator/protocol/service-frame.ts";
import { simpleEncoder } from "../../../src/emulator/protocol/simple-frames.ts";

const text: Payload = { dataType: "text", text: 'say "hé"' };
const json: Payload = { dataType: "json", json: '{"big":12345678901234567890}' };
const binary: Payload = { dataType: "binary", bytes: Buffer.from([0, 255]) };

const textOf = (frame: Frame | undefined) =>
  frame?.isBinary ? frame.data : frame?.data.toString();

describe("a message", () => {
  const fromServer = (payload: Payload): Message => ({ from: "server", payload });

  test.each([
    ["text", text, '"dataType":"text","data":"say \\"hé\\""}', 'say "hé"'],
    ["json", json, '"dataType":"json","data":{"big":12345678901234567890}}', json.json],
    ["binary", binary, '"dataType":"binary","data":"AP8="}', Buffer.from([0, 255])],
  ])(
    "a message of type %s is written with an envelope and bare",
    (_type, payload, enveloped, bare) => {
      const broadcast = new Broadcast(fromServer(payload));
      expect(textOf(broadcast.frame(jsonCodec))).toBe(
        `{"type":"message","from":"server",${enveloped}`,
      );
      expect(textOf(broadcast.frame(simpleEncoder))).toEqual(bare);
    },
  );

  test.each([
    ["u", '"fromUserId":"u"'],
    [null, '"fromUserId":null'],
  ])("a message to a group from %j names the group and the sender", (fromUserId, sender) => {
    const message: Message = { from: "group", group: 'g"1', fromUserId, payload: text };
    expect(textOf(new Broadcast(message).frame(jsonCodec))).toMatch(
      `{"type":"message","from":"group","group":"g\\"1",${sender},"dataType":"text",`,
    );
  });

  test("a message is encoded once per format, however many receivers there are", () => {
    const broadcast = new Broadcast(fromServer(text));
    expect(broadcast.frame(jsonCodec)).toBe(broadcast.frame(jsonCodec));
    expect(broadcast.frame(simpleEncoder)).toBe(broadcast.frame(simpleEncoder));
  });

  test("numbering a message for a reliable connection leaves the shared frame as it is", () => {
    const shared = new Broadcast(fromServer(text)).frame(jsonCodec);
    const before = shared.data.toString();
    expect(JSON.parse(jsonCodec.withSequenceId(shared, 7).data.toString())).toEqual({
      sequenceId: 7,
      ...JSON.parse(before),
    });
    expect(shared.data.toString()).toBe(before);
  });
});

test("a message of a stream tells its place, and metadata come last", () => {
  const message: Message = {
    from: "group",
    group: "g",
    fromUserId: "u",
    payload: text,
    metadata: { trace: "1" },
    stream: { streamId: "s", streamSequenceId: 2 },
  };
  expect(JSON.parse(textOf(jsonCodec.encodeMessage(message)) as string)).toEqual({
    type: "message",
    from: "group",
    group: "g",
    fromUserId: "u",
    stream: { streamId: "s", streamSequenceId: 2 },
    dataType: "text",
    data: 'say "hé"',
    metadata: { trace: "1" },
  });
});

test("the end of a stream says nothing to simple clients", () => {
  const stream = { streamId: "s", streamSequenceId: 2, endOfStream: true } as const;
  const end: Message = { from: "group", group: "g", fromUserId: null, payload: text, stream };
  expect(new Broadcast(end).frame(simpleEncoder)).toBeUndefined();
});

const item = { connectionId: "c", state: { a: "1" }, updatedAt: 5 };

test.each<[ServiceFrame, string]>([
  [
    { kind: "connected", connectionId: "c", userId: null, reconnectionToken: undefined },
    '{"type":"system","event":"connected","userId":null,"connectionId":"c"}',
  ],
  [
    { kind: "connected", connectionId: "c", userId: "u", reconnectionToken: "t" },
    '{"type":"system","event":"connected","userId":"u","connectionId":"c","reconnectionToken":"t"}',
  ],
  [
    { kind: "disconnected", reason: "bye" },
    '{"type":"system","event":"disconnected","message":"bye"}',
  ],
  [{ kind: "ack", ackId: 1, error: undefined }, '{"type":"ack","ackId":1,"success":true}'],
  [
    { kind: "ack", ackId: 1, error: { name: "Forbidden", message: "no" } },
    '{"type":"ack","ackId":1,"success":false,"error":{"name":"Forbidden","message":"no"}}',
  ],
  [{ kind: "pong" }, '{"type":"pong"}'],
  [
    { kind: "invokeResponse", invocationId: "i" },
    '{"type":"invokeResponse","invocationId":"i","success":true}',
  ],
  [
    { kind: "invokeResponse", invocationId: "i", payload: json },
    '{"type":"invokeResponse","invocationId":"i","success":true,' +
      '"dataType":"json","data":{"big":12345678901234567890}}',
  ],
  [
    { kind: "invokeResponse", invocationId: "i", error: { name: "E", message: "m" } },
    '{"type":"invokeResponse","invocationId":"i","success":false,' +
      '"error":{"name":"E","message":"m"}}',
  ],
  [
    { kind: "streamAck", streamId: "s", expectedSequenceId: 1 },
    '{"type":"streamAck","streamId":"s","expectedSequenceId":1}',
  ],
  [{ kind: "streamClosed", streamId: "s" }, '{"type":"streamClosed","streamId":"s"}'],
  [
    { kind: "groupStateUpdate", group: "g", items: [item] },
    '{"type":"groupStateUpdate","group":"g",' +
      '"items":[{"connectionId":"c","state":{"a":"1"},"updatedAt":5}]}',
  ],
])("the service says %j", (frame, expected) => {
  expect(textOf(jsonCodec.encode(frame))).toBe(expected);
});

describe("parseJsonRequest", () => {
  const parse = (frame: unknown) =>
    parseJsonRequest(Buffer.from(typeof frame === "string" ? frame : JSON.stringify(frame)));
  const send = { type: "sendToGroup", group: "g" };

  test.each<[object, object]>([
    [{ type: "ping" }, { kind: "ping" }],
    [{ type: "PING", more: 1 }, { kind: "ping" }],
    [
      { type: "joinGroup", group: "g", ackId: 1 },
      { kind: "joinGroup", group: "g", ackId: 1 },
    ],
    [
      { type: "leaveGroup", group: "g", ackId: null },
      { kind: "leaveGroup", group: "g" },
    ],
    [
      { ...send, data: [1] },
      { noEcho: false, payload: { dataType: "json", json: "[1]" } },
    ],
    [{ ...send, data: false }, { payload: { dataType: "json", json: "false" } }],
    [
      { ...send, noEcho: true, dataType: "text", data: "" },
      { noEcho: true, payload: { text: "" } },
    ],
    [{ ...send, dataType: "binary", data: "AP8=" }, { payload: { dataType: "binary" } }],
    [
      { type: "event", event: "a.b-c_1", data: 1 },
      { kind: "event", event: "a.b-c_1" },
    ],
    [
      { type: "sequenceAck", sequenceId: 3 },
      { kind: "sequenceAck", sequenceId: 3 },
    ],
    [{ ...send, dataType: "protobuf", data: "CgF0" }, { payload: { dataType: "protobuf" } }],
    [
      { ...send, ttlSeconds: 300, metadata: { Trace: "1" }, data: 1 },
      { ttlInSeconds: 300, metadata: { Trace: "1" } },
    ],
    [
      { ...send, metadata: { a: "1" } },
      { metadata: { a: "1" }, payload: { text: "" } },
    ],
    [
      { type: "invoke", invocationId: "1", target: "event", event: "e" },
      { kind: "invoke", invocationId: "1", event: "e", payload: undefined },
    ],
    [
      {
        type: "invoke",
        invocationId: "1",
        target: "event",
        event: "e",
        dataType: "text",
        data: "",
      },
      { payload: { dataType: "text", text: "" } },
    ],
    [
      { type: "cancelInvocation", invocationId: "1" },
      { kind: "cancelInvocation", invocationId: "1" },
    ],
    [
      { ...send, stream: { streamId: "s" } },
      { kind: "streamStart", streamId: "s", group: "g", idleTimeoutInMs: 300_000 },
    ],
    [
      { ...send, noEcho: true, stream: { streamId: "s", idleTimeoutMs: 5 } },
      { noEcho: true, idleTimeoutInMs: 5 },
    ],
    [
      { type: "streamData", streamId: "s" },
      { kind: "streamData", part: undefined },
    ],
    [
      { type: "streamData", streamId: "s", streamSequenceId: 1, dataType: "text", data: "x" },
      { part: { sequenceId: 1, payload: { dataType: "text", text: "x" } } },
    ],
    [
      { type: "streamEnd", streamId: "s" },
      { kind: "streamEnd", streamId: "s", error: undefined },
    ],
    [
      { type: "streamEnd", streamId: "s", error: { message: "m", userErrorCode: "c" } },
      { error: { message: "m", userErrorCode: "c" } },
    ],
    [
      { type: "setGroupState", group: "g", state: { a: "1" }, ackId: 1 },
      { kind: "setGroupState", group: "g", state: { a: "1" }, ackId: 1 },
    ],
    [{ type: "setGroupState", group: "g" }, { state: undefined }],
    [{ type: "subscribeGroupState", group: "g" }, { kind: "subscribeGroupState" }],
    [{ type: "unsubscribeGroupState", group: "g" }, { kind: "unsubscribeGroupState" }],
  ])("reads %j", (frame, expected) => {
    expect(parse(frame)).toMatchObject(expected);
  });

  test.each<[object, RegExp]>([
    [{ type: "joinGroup", group: "", ackId: 1 }, /group name/],
    [{ type: "joinGroup", group: " ", ackId: 1 }, /group name/],
    [{ type: "joinGroup", group: "g".repeat(1025), ackId: 1 }, /group name/],
    [{ type: "event", event: "1st", data: 1, ackId: 1 }, /event name/],
    [{ ...send, ackId: 1 }, /data is missing/],
    [{ ...send, data: null, ackId: 1 }, /data is missing/],
    [{ ...send, dataType: "text", data: 1, ackId: 1 }, /must be a string/],
    [{ ...send, dataType: "binary", data: "A", ackId: 1 }, /base64/],
    [{ ...send, dataType: "protobuf", data: "AA", ackId: 1 }, /base64/],
    [{ ...send, dataType: "xml", data: "", ackId: 1 }, /dataType/],
    [{ ...send, data: 1, metadata: { a: 1 }, ackId: 1 }, /metadata/],
    [{ ...send, data: 1, metadata: { a: "\r\n" }, ackId: 1 }, /metadata/],
    [{ ...send, data: 1, metadata: { a: "v".repeat(1025) }, ackId: 1 }, /metadata/],
    [{ type: "setGroupState", group: "g", state: { a: 1 }, ackId: 1 }, /state/],
  ])("finds a bad value in %j, and the connection may stay", (frame, message) => {
    expect(parse(frame)).toEqual({
      kind: "bad",
      ackId: 1,
      message: expect.stringMatching(message),
    });
    // Row 5 of the differences (E): who asks for no ack is closed instead.
    expect(() => parse({ ...frame, ackId: undefined })).toThrow(message);
    expect(() => parse({ ...frame, ackId: undefined })).toThrow(MalformedFrameError);
  });

  // Row 5 of the differences (E).
  test.each([301, 2 ** 31])("a time to live of %i s breaks the protocol", (ttlSeconds) => {
    for (const ackId of [undefined, 1]) {
      expect(() => parse({ ...send, data: 1, ttlSeconds, ackId })).toThrow(
        expect.objectContaining({
          closeCode: 1007,
          message: expect.stringMatching(/time to live/),
        }),
      );
    }
  });

  // Row 6 of the differences (E).
  test("keys of metadata that differ in case are two, and the same one twice is malformed", () => {
    const metadata = { Trace: "1", trace: "2" };
    expect(parse({ ...send, data: 1, metadata })).toMatchObject({ metadata });
    const twice = '{"type":"sendToGroup","group":"g","data":1,"metadata":{"a":"1","a":"2"}}';
    expect(() => parse(twice)).toThrow(MalformedFrameError);
  });

  test.each<[object, object]>([
    [
      { ...send, ackId: 1 },
      { kind: "bad", ackId: 1 },
    ],
    [
      { type: "event", event: "e", ackId: 1 },
      { kind: "bad", ackId: 1 },
    ],
    [
      { type: "invoke", invocationId: "1", target: "event", event: "e" },
      { kind: "badInvocation", invocationId: "1" },
    ],
    [
      { type: "streamData", streamId: "s", streamSequenceId: 1 },
      { kind: "badStream", streamId: "s" },
    ],
  ])("refuses data of type protobuf that is no Any in %j", async (request, expected) => {
    const frame = { ...request, dataType: "protobuf", data: "AAEC" };
    const parsed = await jsonCodec.parse({
      data: Buffer.from(JSON.stringify(frame)),
      isBinary: false,
    });
    expect(parsed).toEqual({ ...expected, message: expect.stringMatching(/Any/) });
  });

  test.each([send, { type: "event", event: "e" }])(
    "closes for such data in %j without an ack id",
    async (request) => {
      const frame = { ...request, dataType: "protobuf", data: "AAEC" };
      const parsing = jsonCodec.parse({
        data: Buffer.from(JSON.stringify(frame)),
        isBinary: false,
      });
      await expect(parsing).rejects.toThrow(MalformedFrameError);
    },
  );

  test.each<[object, object]>([
    [
      { type: "invoke", invocationId: "1", target: "event", event: "1st" },
      { kind: "badInvocation", invocationId: "1" },
    ],
    [
      { type: "invoke", invocationId: "1", target: "group", event: "e" },
      { kind: "badInvocation", invocationId: "1" },
    ],
    [
      { ...send, stream: { streamId: "s" }, data: 1 },
      { kind: "badStream", streamId: "s" },
    ],
    [
      { ...send, stream: { streamId: "s", idleTimeoutMs: 0 } },
      { kind: "badStream", streamId: "s" },
    ],
    [
      { type: "streamData", streamId: "s", data: 1 },
      { kind: "badStream", streamId: "s" },
    ],
    [
      { type: "streamData", streamId: "s", streamSequenceId: 1 },
      { kind: "badStream", streamId: "s" },
    ],
  ])("finds a bad value in %j, which only costs that invocation or stream", (frame, expected) => {
    expect(parse(frame)).toEqual({ ...expected, message: expect.any(String) });
  });

  const deep = `{"type":"event","event":"e","data":${"[".repeat(1e5)}${"]".repeat(1e5)}}`;

  test.each([
    ["no JSON", "{"],
    ["no object", "[]"],
    ["null", "null"],
    ["no type", {}],
    ["a type that is no text", { type: 1 }],
    ["an unknown type", { type: "jump" }],
    ["no group", { type: "joinGroup" }],
    ["a negative ackId", { type: "joinGroup", group: "g", ackId: -1 }],
    ["a broken ackId", { type: "joinGroup", group: "g", ackId: 1.5 }],
    ["an ackId in words", { type: "joinGroup", group: "g", ackId: "1" }],
    ["noEcho in words", { ...send, noEcho: "yes", data: 1 }],
    ["a stream without an id", { ...send, stream: {} }],
    ["no sequenceId", { type: "sequenceAck" }],
    ["very deep nesting", deep],
  ])("cannot go on after %s", (_what, frame) => {
    expect(() => parse(frame)).toThrow(MalformedFrameError);
  });

  test("cannot go on after bytes that are no UTF-8", () => {
    const frame = Buffer.concat([Buffer.from('{"type":"'), Buffer.from([0xff]), Buffer.from('"}')]);
    expect(() => parseJsonRequest(frame)).toThrow(MalformedFrameError);
  });
});
