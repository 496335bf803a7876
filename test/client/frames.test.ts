import fc from "fast-check";
import { decodeBase64, encodeBase64 } from "../../src/client/base64.ts";
import {
  encodeDataFrame,
  encodeFrame,
  interpretFrame,
  PING,
  sequenceAck,
} from "../../src/client/frames.ts";

const bytes = (...values: number[]): ArrayBuffer => new Uint8Array(values).buffer;

describe("a frame that is sent", () => {
  it.each([
    ["text", "ä\u2028", "text", { data: "ä\u2028" }],
    ["an empty text", "", "text", { data: "" }],
    ["JSON", { a: [1, null, "x"] }, "json", { data: { a: [1, null, "x"] } }],
    ["false", false, "json", { data: false }],
    ["a date, as JSON has it", new Date(0), "json", { data: "1970-01-01T00:00:00.000Z" }],
    ["bytes", bytes(0, 1, 255), "binary", { data: "AAH/" }],
    ["no bytes", bytes(), "binary", { data: "" }],
    ["protobuf", bytes(10), "protobuf", { data: "Cg==" }],
  ] as const)("%s", (_, content, dataType, expected) => {
    const frame = { type: "event", event: 'a"}' };
    expect(JSON.parse(encodeDataFrame(frame, content, dataType))).toEqual({
      ...frame,
      dataType,
      ...expected,
    });
  });

  it("a frame that is sent is at most 1 MiB of UTF-8, to the byte", () => {
    const frame = (group: string) => ({ type: "joinGroup", group });
    const room = 1024 * 1024 - encodeFrame(frame("")).length;
    const umlauts = "ä".repeat(Math.floor(room / 2)) + "x".repeat(room % 2);
    expect(encodeFrame(frame("x".repeat(room)))).toHaveLength(1024 * 1024);
    expect(Buffer.byteLength(encodeFrame(frame(umlauts)))).toBe(1024 * 1024);
    expect(() => encodeFrame(frame("x".repeat(room + 1)))).toThrow("1048577 bytes");
    expect(() => encodeFrame(frame(`${umlauts}x`))).toThrow("1048577 bytes");
  });

  it("pings and sequence acks carry their type", () => {
    expect(JSON.parse(PING)).toEqual({ type: "ping" });
    expect(JSON.parse(sequenceAck(7))).toEqual({ type: "sequenceAck", sequenceId: 7 });
  });
});

describe("a frame that comes", () => {
  it.each<[string, object, object | undefined]>([
    ["pong", { type: "pong" }, undefined],
    [
      "connected",
      {
        type: "system",
        event: "connected",
        connectionId: "c",
        userId: "u",
        reconnectionToken: "t",
      },
      {
        kind: "connected",
        event: "connected",
        connectionId: "c",
        userId: "u",
        reconnectionToken: "t",
      },
    ],
    [
      "disconnected",
      { type: "system", event: "disconnected", message: "bye" },
      { kind: "disconnected", event: "disconnected", message: "bye" },
    ],
    ["ack", { type: "ack", ackId: 1, success: true }, { kind: "ack", ackId: 1, success: true }],
    [
      "text from the server",
      { type: "message", from: "server", dataType: "text", data: "hi", sequenceId: 3 },
      { kind: "serverData", from: "server", dataType: "text", data: "hi", sequenceId: 3 },
    ],
    [
      "bytes from a group",
      {
        type: "message",
        from: "group",
        group: "g",
        fromUserId: "u",
        dataType: "binary",
        data: "AAE=",
      },
      {
        kind: "groupData",
        from: "group",
        group: "g",
        fromUserId: "u",
        dataType: "binary",
        data: bytes(0, 1),
      },
    ],
    [
      "an answer without data",
      { type: "invokeResponse", invocationId: "i", success: true },
      { kind: "invokeResponse", invocationId: "i", success: true, data: undefined },
    ],
    [
      "an answer with bytes",
      {
        type: "invokeResponse",
        invocationId: "i",
        success: true,
        dataType: "binary",
        data: "AA==",
      },
      {
        kind: "invokeResponse",
        invocationId: "i",
        success: true,
        dataType: "binary",
        data: bytes(0),
      },
    ],
    [
      "null from the server",
      { type: "message", from: "server", dataType: "json", data: null },
      { kind: "serverData", from: "server", dataType: "json", data: null },
    ],
    [
      "null from a group",
      { type: "message", from: "group", group: "g", dataType: "json", data: null },
      { kind: "groupData", from: "group", group: "g", dataType: "json", data: null },
    ],
    ["JSON without data", { type: "message", from: "server", dataType: "json" }, undefined],
    [
      "text that is null",
      { type: "message", from: "server", dataType: "text", data: null },
      undefined,
    ],
    [
      "a message from elsewhere",
      { type: "message", from: "moon", dataType: "text", data: "x" },
      undefined,
    ],
    [
      "a message from Object.prototype",
      { type: "message", from: "toString", dataType: "text", data: "x" },
      undefined,
    ],
    [
      "data of a new type",
      { type: "message", from: "server", dataType: "cbor", data: "x" },
      undefined,
    ],
    ["a new system event", { type: "system", event: "tired" }, undefined],
    ["a new type", { type: "streamAck", streamId: "s" }, undefined],
    ["a list", [1], undefined],
  ])("%s", (_, frame, expected) => {
    expect(interpretFrame(frame)).toEqual(expected);
  });

  it.each([[null], [5], ["x"], [true]])("a frame that comes as %j is of no known kind", (frame) => {
    expect(interpretFrame(frame)).toBeUndefined();
  });

  it("a frame whose base64 is none breaks the protocol", () => {
    const frame = { type: "message", from: "server", dataType: "binary", data: "?" };
    expect(() => interpretFrame(frame)).toThrow();
  });
});

it("base64 is what Buffer makes of it, at any length", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), (array) => {
      const text = encodeBase64(array.slice().buffer);
      expect(text).toBe(Buffer.from(array).toString("base64"));
      expect(new Uint8Array(decodeBase64(text))).toEqual(array);
    }),
  );
  const large = new Uint8Array(300_000).fill(7);
  expect(encodeBase64(large.buffer)).toBe(Buffer.from(large).toString("base64"));
});
