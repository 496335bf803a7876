import fc from "fast-check";
import { MalformedFrameError } from "../../../src/emulator/protocol/client-request.ts";
import { protobufCodec } from "../../../src/emulator/protocol/protobuf-codec.ts";
import { encodeUpstream } from "../support/protobuf.ts";
import { any } from "../support/protobuf-payloads.ts";
import { parse, parseBytes } from "../support/protobuf-request.ts";

describe("a value that cannot be fails the request only", () => {
  const data = { text_data: "t" };
  const sending = (members: object) => ({
    send_to_group_message: { group: "g", ack_id: 1, data, ...members },
  });

  test.each<[string, object]>([
    ["no group", { join_group_message: { ack_id: 1 } }],
    ["a blank group", { leave_group_message: { group: " ", ack_id: 1 } }],
    ["a blank group of states", { subscribe_group_state_message: { group: " ", ack_id: 1 } }],
    ["a blank group for a state", { set_group_state_message: { group: "", ack_id: 1 } }],
    ["too long a group", sending({ group: "g".repeat(1025) })],
    ["no data", sending({ data: undefined })],
    ["empty data", sending({ data: {} })],
    ["JSON that is none", sending({ data: { json_data: "{" } })],
    ["JSON null", sending({ data: { json_data: " null " } })],
    ["metadata unfit for a header", sending({ metadata: { "a b": "c" } })],
    ["no event", { event_message: { ack_id: 1, data } }],
    ["a bad event", { event_message: { event: "1", ack_id: 1, data } }],
    ["no data of an event", { event_message: { event: "e", ack_id: 1 } }],
  ])("%s", (_title, message) => {
    expect(parse(message)).toEqual({ kind: "bad", ackId: 1, message: expect.any(String) });
  });

  // Row 5 of the differences (E).
  test.each<[string, object]>([
    ["no group", { join_group_message: {} }],
    ["JSON that is none", sending({ ack_id: undefined, data: { json_data: "{" } })],
    ["a bad event", { event_message: { event: "1", data } }],
    ["too long a life", sending({ ack_id: undefined, ttl_seconds: 301 })],
    ["too long a life, though an ack is asked for", sending({ ttl_seconds: 301 })],
  ])("%s, and no ack that could tell", (_title, message) => {
    expect(() => parse(message)).toThrow(expect.objectContaining({ closeCode: 1007 }));
  });

  test.each<[string, object]>([
    ["a bad event", { event: "1" }],
    ["JSON that is none", { event: "e", data: { json_data: "" } }],
  ])("%s of an invocation", (_title, members) => {
    expect(parse({ invoke_event_message: { invocation_id: "i", ...members } })).toEqual({
      kind: "badInvocation",
      invocationId: "i",
      message: expect.any(String),
    });
  });

  const stream = { stream_id: "s" };

  test.each<[string, object]>([
    ["a start with data", { send_to_group_message: { group: "g", data, stream } }],
    ["a start without a group", { send_to_group_message: { stream } }],
    [
      "no time to be idle",
      { send_to_group_message: { group: "g", stream: { ...stream, idle_timeout_ms: 0 } } },
    ],
    [
      "more time to be idle than a timer can wait",
      { send_to_group_message: { group: "g", stream: { ...stream, idle_timeout_ms: 2 ** 31 } } },
    ],
    ["data without a number", { stream_data_message: { ...stream, data } }],
    ["a number without data", { stream_data_message: { ...stream, stream_sequence_id: 1 } }],
    ["empty data", { stream_data_message: { ...stream, stream_sequence_id: 1, data: {} } }],
  ])("%s of a stream", (_title, message) => {
    expect(parse(message)).toEqual({
      kind: "badStream",
      streamId: "s",
      message: expect.any(String),
    });
  });
});

describe("a frame breaks the protocol", () => {
  const big = (member: number) => [
    (member << 3) | 0,
    255,
    255,
    255,
    255,
    255,
    255,
    255,
    255,
    255,
    1,
  ];
  const whole = encodeUpstream({ join_group_message: { group: "group", ack_id: 1 } });

  test.each<[string, Buffer]>([
    ["nothing", Buffer.alloc(0)],
    ["a request of an unknown type", Buffer.from([(12 << 3) | 2, 0])],
    ["field 0", Buffer.from([0, 0])],
    ["text", Buffer.from('{"type":"ping"}')],
    ["a frame that stops short", whole.subarray(0, -1)],
    ["broken UTF-8", Buffer.from([(6 << 3) | 2, 3, (1 << 3) | 2, 1, 0xff])],
    ["an ack id beyond JavaScript", Buffer.from([(6 << 3) | 2, 11, ...big(2)])],
    ["a sequence id beyond JavaScript", Buffer.from([(8 << 3) | 2, 11, ...big(1)])],
    [
      "an Any that is none",
      Buffer.from([(1 << 3) | 2, 8, (1 << 3) | 2, 1, 103, (3 << 3) | 2, 3, (3 << 3) | 2, 1, 255]),
    ],
  ])("%s", (_title, data) => {
    expect(() => parseBytes(data)).toThrow(MalformedFrameError);
  });

  test("the first number beyond what JavaScript counts exactly", () => {
    const message = (ackId: string) => ({ join_group_message: { group: "g", ack_id: ackId } });
    expect(parse(message("9007199254740991"))).toMatchObject({ ackId: 9007199254740991 });
    expect(() => parse(message("9007199254740992"))).toThrow(MalformedFrameError);
    expect(() => parse(message("9007199254740993"))).toThrow(MalformedFrameError);
  });

  test("a text frame, whatever is in it", () => {
    const data = encodeUpstream({ ping_message: {} });
    // Row 5 of the differences (E).
    expect(() => protobufCodec.parse({ data, isBinary: false })).toThrow(
      expect.objectContaining({ closeCode: 1003 }),
    );
  });

  test("garbage is a request or malformed, and never anything else", () => {
    const mangled = fc
      .tuple(fc.nat(), fc.integer({ min: 0, max: 255 }), fc.nat())
      .map(([index, byte, cut]) => {
        const send_to_group_message = {
          group: "g",
          ack_id: 1,
          data: { protobuf_data: any },
          metadata: { a: "b" },
          stream: { stream_id: "s" },
        };
        const bytes = encodeUpstream({ send_to_group_message });
        bytes[index % bytes.length] = byte;
        return bytes.subarray(0, (cut % bytes.length) + 1);
      });
    const bytes = fc.uint8Array({ maxLength: 64 }).map((array) => Buffer.from(array));
    fc.assert(
      fc.property(fc.oneof(mangled, bytes), (data) => {
        try {
          parseBytes(data);
        } catch (error) {
          expect(error).toBeInstanceOf(MalformedFrameError);
        }
      }),
      { numRuns: 2000 },
    );
  });
});
