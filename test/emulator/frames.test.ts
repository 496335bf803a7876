import { Broadcast } from "../../src/emulator/protocol/broadcast.ts";
import {
  ackFrame,
  connectedFrame,
  disconnectedFrame,
  pongFrame,
  withSequenceId,
} from "../../src/emulator/protocol/json-frames.ts";
import {
  MalformedFrameError,
  parseJsonRequest,
} from "../../src/emulator/protocol/json-requests.ts";
import type { Frame, Message, Payload } from "../../src/emulator/protocol/message.ts";

const text: Payload = { dataType: "text", text: 'say "hé"' };
const json: Payload = { dataType: "json", json: '{"big":12345678901234567890}' };
const binary: Payload = { dataType: "binary", bytes: Buffer.from([0, 255]) };

const textOf = ({ data, isBinary }: Frame) => (isBinary ? data : data.toString());

describe("a message", () => {
  const fromServer = (payload: Payload): Message => ({ from: "server", payload });

  test.each([
    ["text", text, '"dataType":"text","data":"say \\"hé\\""}', 'say "hé"'],
    ["json", json, '"dataType":"json","data":{"big":12345678901234567890}}', json.json],
    ["binary", binary, '"dataType":"binary","data":"AP8="}', Buffer.from([0, 255])],
  ])("of type %s is written in the envelope and bare", (_type, payload, enveloped, bare) => {
    const broadcast = new Broadcast(fromServer(payload));
    expect(textOf(broadcast.frame("json"))).toBe(`{"type":"message","from":"server",${enveloped}`);
    expect(textOf(broadcast.frame("simple"))).toEqual(bare);
  });

  test.each([
    ["u", '"fromUserId":"u"'],
    [null, '"fromUserId":null'],
  ])("to a group from %j names the group and the sender", (fromUserId, sender) => {
    const message: Message = { from: "group", group: 'g"1', fromUserId, payload: text };
    expect(textOf(new Broadcast(message).frame("json"))).toMatch(
      `{"type":"message","from":"group","group":"g\\"1",${sender},"dataType":"text",`,
    );
  });

  test("is encoded once per format, however many receivers there are", () => {
    const broadcast = new Broadcast(fromServer(text));
    expect(broadcast.frame("json")).toBe(broadcast.frame("json"));
    expect(broadcast.frame("simple")).toBe(broadcast.frame("simple"));
  });

  test("is numbered for each reliable connection without touching the shared frame", () => {
    const shared = new Broadcast(fromServer(text)).frame("json");
    const before = shared.data.toString();
    expect(JSON.parse(withSequenceId(shared, 7).data.toString())).toEqual({
      sequenceId: 7,
      ...JSON.parse(before),
    });
    expect(shared.data.toString()).toBe(before);
  });
});

test.each([
  [
    connectedFrame({ connectionId: "c", userId: null, reconnectionToken: undefined }),
    '{"type":"system","event":"connected","connectionId":"c","userId":null}',
  ],
  [
    connectedFrame({ connectionId: "c", userId: "u", reconnectionToken: "t" }),
    '{"type":"system","event":"connected","connectionId":"c","userId":"u","reconnectionToken":"t"}',
  ],
  [disconnectedFrame("bye"), '{"type":"system","event":"disconnected","message":"bye"}'],
  [ackFrame(1), '{"type":"ack","ackId":1,"success":true}'],
  [
    ackFrame(1, { name: "Forbidden", message: "no" }),
    '{"type":"ack","ackId":1,"success":false,"error":{"name":"Forbidden","message":"no"}}',
  ],
  [pongFrame(), '{"type":"pong"}'],
])("a frame of the service: %#", (frame, expected) => {
  expect(textOf(frame)).toBe(expected);
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
    [
      { type: "invoke", invocationId: "1" },
      { kind: "invoke", invocationId: "1" },
    ],
    [
      { ...send, stream: { streamId: "s" } },
      { kind: "streamStart", streamId: "s" },
    ],
    [
      { type: "streamEnd", streamId: "s" },
      { kind: "streamPart", streamId: "s" },
    ],
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
    [{ ...send, dataType: "protobuf", data: "AA==", ackId: 1 }, /dataType/],
    [{ type: "subscribeGroupState", group: "g", ackId: 1 }, /does not have group state/],
  ])("finds a bad value in %j, and the connection may stay", (frame, message) => {
    expect(parse(frame)).toEqual({
      kind: "bad",
      ackId: 1,
      message: expect.stringMatching(message),
    });
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
