import fc from "fast-check";
import { MalformedFrameError } from "../../src/emulator/protocol/client-request.ts";
import type { Message, Payload } from "../../src/emulator/protocol/message.ts";
import { protobufCodec } from "../../src/emulator/protocol/protobuf-codec.ts";
import type { ServiceFrame } from "../../src/emulator/protocol/service-frame.ts";
import { decodeDownstream, encodeAny, encodeUpstream } from "./support/protobuf.ts";

const parseBytes = (data: Buffer) => protobufCodec.parse({ data, isBinary: true });
const parse = (message: object) => parseBytes(encodeUpstream(message));

const any = { type_url: "type.googleapis.com/Test", value: Buffer.from([8, 1]) };
const anyBytes = encodeAny(any.type_url, any.value);
const hello: Payload = { dataType: "text", text: "héllo" };

const payloads: [string, object, Payload][] = [
  ["text", { text_data: "héllo" }, hello],
  ["an empty text", { text_data: "" }, { dataType: "text", text: "" }],
  ["JSON", { json_data: ' {"n": 1.50}' }, { dataType: "json", json: ' {"n": 1.50}' }],
  [
    "bytes",
    { binary_data: Buffer.from([0, 255]) },
    { dataType: "binary", bytes: Buffer.from([0, 255]) },
  ],
  ["no bytes", { binary_data: Buffer.alloc(0) }, { dataType: "binary", bytes: Buffer.alloc(0) }],
  ["an Any", { protobuf_data: any }, { dataType: "protobuf", bytes: anyBytes }],
];

describe("a request", () => {
  test.each([
    ["join_group_message", "joinGroup"],
    ["leave_group_message", "leaveGroup"],
    ["subscribe_group_state_message", "subscribeGroupState"],
    ["unsubscribe_group_state_message", "unsubscribeGroupState"],
  ])("%s names a group, with an ack id or without", (member, kind) => {
    expect(parse({ [member]: { group: "g" } })).toEqual({ kind, ackId: undefined, group: "g" });
    for (const ackId of [0, 7, Number.MAX_SAFE_INTEGER]) {
      expect(parse({ [member]: { group: "g", ack_id: ackId } })).toEqual({
        kind,
        ackId,
        group: "g",
      });
    }
  });

  test.each(payloads)("sends %s to a group", (_title, data, payload) => {
    expect(parse({ send_to_group_message: { group: "g", data } })).toEqual({
      kind: "sendToGroup",
      ackId: undefined,
      group: "g",
      noEcho: false,
      payload,
      ttlInSeconds: 0,
    });
  });

  test.each(payloads)("sends %s as an event", (_title, data, payload) => {
    const event_message = { event: "e", data, ack_id: 3 };
    expect(parse({ event_message })).toEqual({ kind: "event", ackId: 3, event: "e", payload });
  });

  test("says more about what it sends to a group", () => {
    const send_to_group_message = {
      group: "g",
      ack_id: 5,
      no_echo: true,
      ttl_seconds: 300,
      metadata: { Colour: "red" },
      data: { text_data: "héllo" },
    };
    expect(parse({ send_to_group_message })).toEqual({
      kind: "sendToGroup",
      ackId: 5,
      group: "g",
      noEcho: true,
      payload: hello,
      metadata: { colour: "red" },
      ttlInSeconds: 300,
    });
  });

  test("may carry metadata alone", () => {
    expect(parse({ event_message: { event: "e", metadata: { a: "b" } } })).toEqual({
      kind: "event",
      ackId: undefined,
      event: "e",
      payload: { dataType: "text", text: "" },
      metadata: { a: "b" },
    });
  });

  const data = { text_data: "héllo" };

  test.each<[object, object]>([
    [{ ping_message: {} }, { kind: "ping" }],
    [{ sequence_ack_message: { sequence_id: 9 } }, { kind: "sequenceAck", sequenceId: 9 }],
    [{ sequence_ack_message: {} }, { kind: "sequenceAck", sequenceId: 0 }],
    [
      { invoke_event_message: { invocation_id: "i", event: "e", data } },
      { kind: "invoke", invocationId: "i", event: "e", payload: hello },
    ],
    [
      { invoke_event_message: { invocation_id: "i", event: "e" } },
      { kind: "invoke", invocationId: "i", event: "e", payload: undefined },
    ],
    [
      { cancel_invocation_message: { invocation_id: "i" } },
      { kind: "cancelInvocation", invocationId: "i" },
    ],
    [
      { send_to_group_message: { group: "g", stream: { stream_id: "s" } } },
      {
        kind: "streamStart",
        streamId: "s",
        group: "g",
        noEcho: false,
        idleTimeoutInMs: 300_000,
      },
    ],
    [
      {
        send_to_group_message: {
          group: "g",
          no_echo: true,
          stream: { stream_id: "s", idle_timeout_ms: 1 },
        },
      },
      { kind: "streamStart", streamId: "s", group: "g", noEcho: true, idleTimeoutInMs: 1 },
    ],
    [
      { stream_data_message: { stream_id: "s", stream_sequence_id: 2, data } },
      { kind: "streamData", streamId: "s", part: { sequenceId: 2, payload: hello } },
    ],
    [
      { stream_data_message: { stream_id: "s" } },
      { kind: "streamData", streamId: "s", part: undefined },
    ],
    [
      { stream_end_message: { stream_id: "s" } },
      { kind: "streamEnd", streamId: "s", error: undefined },
    ],
    [
      { stream_end_message: { stream_id: "s", error: { message: "m", user_error_code: "c" } } },
      { kind: "streamEnd", streamId: "s", error: { message: "m", userErrorCode: "c" } },
    ],
    [
      { stream_end_message: { stream_id: "s", error: {} } },
      { kind: "streamEnd", streamId: "s", error: {} },
    ],
    [
      { set_group_state_message: { group: "g", ack_id: 1, state: { entries: { a: "b" } } } },
      { kind: "setGroupState", ackId: 1, group: "g", state: { a: "b" } },
    ],
    [
      { set_group_state_message: { group: "g", state: {} } },
      { kind: "setGroupState", ackId: undefined, group: "g", state: {} },
    ],
    [
      { set_group_state_message: { group: "g" } },
      { kind: "setGroupState", ackId: undefined, group: "g", state: undefined },
    ],
  ])("%j is understood", (message, expected) => {
    expect(parse(message)).toEqual(expected);
  });
});

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
    ["too long a life", sending({ ttl_seconds: 301 })],
    ["metadata unfit for a header", sending({ metadata: { "a b": "c" } })],
    ["no event", { event_message: { ack_id: 1, data } }],
    ["a bad event", { event_message: { event: "1", ack_id: 1, data } }],
    ["no data of an event", { event_message: { event: "e", ack_id: 1 } }],
  ])("%s", (_title, message) => {
    expect(parse(message)).toEqual({ kind: "bad", ackId: 1, message: expect.any(String) });
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
    expect(() => protobufCodec.parse({ data, isBinary: false })).toThrow(MalformedFrameError);
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

describe("a message", () => {
  test.each(payloads)("carries %s", (_title, data, payload) => {
    const frame = protobufCodec.encodeMessage({ from: "server", payload });
    expect(frame.isBinary).toBe(true);
    expect(decodeDownstream(frame.data)).toEqual({ data_message: { from: "server", data } });
  });

  test("from a group names it, the place in a stream and the metadata, but no user", () => {
    const { data } = protobufCodec.encodeMessage({
      from: "group",
      group: "g",
      fromUserId: "u",
      payload: hello,
      metadata: { colour: "red" },
      stream: { streamId: "s", streamSequenceId: 4 },
    });
    expect(decodeDownstream(data)).toEqual({
      data_message: {
        from: "group",
        group: "g",
        data: { text_data: "héllo" },
        metadata: { colour: "red" },
        stream: { stream_id: "s", stream_sequence_id: 4 },
      },
    });
  });

  test("ends a stream, with an error or without", () => {
    const last = { streamId: "s", streamSequenceId: 4, endOfStream: true } as const;
    const end = (stream: Extract<Message, { from: "group" }>["stream"]) =>
      decodeDownstream(
        protobufCodec.encodeMessage({
          from: "group",
          group: "g",
          fromUserId: null,
          payload: { dataType: "text", text: "" },
          stream,
        }).data,
      );
    const decoded = { stream_id: "s", stream_sequence_id: 4, end_of_stream: true };
    expect(end(last)).toMatchObject({ data_message: { data: { text_data: "" }, stream: decoded } });
    const error = { name: "UserError", message: "m", userErrorCode: "c" } as const;
    expect(end({ ...last, error })).toMatchObject({
      data_message: {
        stream: { ...decoded, error: { name: "UserError", message: "m", user_error_code: "c" } },
      },
    });
  });

  test.each([1, 2 ** 31, Number.MAX_SAFE_INTEGER])(
    "is numbered %d without touching the shared frame",
    (sequenceId) => {
      const shared = protobufCodec.encodeMessage({ from: "server", payload: hello });
      const before = Buffer.from(shared.data);
      const numbered = protobufCodec.withSequenceId(shared, sequenceId);
      expect(numbered.isBinary).toBe(true);
      expect(decodeDownstream(numbered.data)).toEqual({
        data_message: {
          from: "server",
          data: { text_data: "héllo" },
          sequence_id: sequenceId,
        },
      });
      expect(shared.data).toEqual(before);
    },
  );

  test("with half of a character, which JSON clients can send, is readable all the same", () => {
    const { data } = protobufCodec.encodeMessage({
      from: "group",
      group: "g\ud800",
      fromUserId: null,
      payload: { dataType: "text", text: "a\udc00b😀" },
    });
    expect(decodeDownstream(data)).toEqual({
      data_message: { from: "group", group: "g\ufffd", data: { text_data: "a\ufffdb😀" } },
    });
  });

  test("of any content and size survives, numbered or not", () => {
    const text = fc.string({ unit: "grapheme" });
    const bytes = fc
      .uint8Array({ maxLength: 40_000, size: "max" })
      .map((array) => Buffer.from(array));
    const payload = fc.oneof(
      text.map((words): [Payload, object] => [
        { dataType: "text", text: words },
        { text_data: words },
      ]),
      fc.json().map((json): [Payload, object] => [{ dataType: "json", json }, { json_data: json }]),
      bytes.map((data): [Payload, object] => [
        { dataType: "binary", bytes: data },
        { binary_data: data },
      ]),
      fc
        .tuple(text, bytes)
        .map(([type_url, value]): [Payload, object] => [
          { dataType: "protobuf", bytes: encodeAny(type_url, value) },
          { protobuf_data: { type_url, value } },
        ]),
    );
    fc.assert(
      fc.property(payload, text, fc.maxSafeNat(), ([sent, data], group, sequenceId) => {
        const message: Message = { from: "group", group, fromUserId: "u", payload: sent };
        const frame = protobufCodec.encodeMessage(message);
        const data_message = { from: "group", group, data };
        expect(plain(decodeDownstream(frame.data))).toEqual(plain({ data_message }));
        const numbered = protobufCodec.withSequenceId(frame, sequenceId);
        expect(plain(decodeDownstream(numbered.data))).toEqual(
          plain({ data_message: { ...data_message, sequence_id: sequenceId } }),
        );
      }),
    );
  });
});

/** Without members at their default, which proto3 does not write. */
const plain = (value: object): unknown =>
  JSON.parse(
    JSON.stringify(value, (_key, member) =>
      member?.type === "Buffer" ? Buffer.from(member.data).toString("hex") : member,
    ),
    (key, member) => (["type_url", "value"].includes(key) && member === "" ? undefined : member),
  );

describe("what the service says", () => {
  const state = { a: "b" };

  test.each<[ServiceFrame, object]>([
    [
      { kind: "connected", connectionId: "c", userId: "u", reconnectionToken: "t" },
      {
        system_message: {
          connected_message: { connection_id: "c", user_id: "u", reconnection_token: "t" },
        },
      },
    ],
    [
      { kind: "connected", connectionId: "c", userId: null, reconnectionToken: undefined },
      { system_message: { connected_message: { connection_id: "c" } } },
    ],
    [
      { kind: "disconnected", reason: "r" },
      { system_message: { disconnected_message: { reason: "r" } } },
    ],
    [{ kind: "ack", ackId: 7, error: undefined }, { ack_message: { ack_id: 7, success: true } }],
    [
      { kind: "ack", ackId: 7, error: { name: "Forbidden", message: "m" } },
      { ack_message: { ack_id: 7, error: { name: "Forbidden", message: "m" } } },
    ],
    [{ kind: "pong" }, { pong_message: {} }],
    [
      { kind: "invokeResponse", invocationId: "i", payload: hello },
      {
        invoke_response_message: {
          invocation_id: "i",
          success: true,
          data: { text_data: "héllo" },
        },
      },
    ],
    [
      { kind: "invokeResponse", invocationId: "i" },
      { invoke_response_message: { invocation_id: "i", success: true } },
    ],
    [
      { kind: "invokeResponse", invocationId: "i", error: { name: "n", message: "m" } },
      { invoke_response_message: { invocation_id: "i", error: { name: "n", message: "m" } } },
    ],
    [
      { kind: "streamAck", streamId: "s", expectedSequenceId: 2 },
      { stream_ack_message: { stream_id: "s", expected_sequence_id: 2 } },
    ],
    [
      {
        kind: "streamNack",
        streamId: "s",
        name: "InvalidSequenceId",
        message: "m",
        expectedSequenceId: 2,
      },
      {
        stream_nack_message: {
          stream_id: "s",
          name: "InvalidSequenceId",
          message: "m",
          expected_sequence_id: 2,
        },
      },
    ],
    [{ kind: "streamClosed", streamId: "s" }, { stream_closed_message: { stream_id: "s" } }],
    [
      { kind: "streamClosed", streamId: "s", error: { name: "IdleTimeout", message: "m" } },
      { stream_closed_message: { stream_id: "s", error: { name: "IdleTimeout", message: "m" } } },
    ],
    [
      {
        kind: "groupStateSnapshot",
        group: "g",
        items: [
          { connectionId: "c", userId: "u", state, updatedAt: 1_800_000_000_000 },
          { connectionId: "d", state: {}, updatedAt: 5 },
        ],
      },
      {
        group_state_snapshot_message: {
          group: "g",
          items: [
            {
              connection_id: "c",
              user_id: "u",
              state: { entries: state },
              updated_at: 1_800_000_000_000,
            },
            { connection_id: "d", state: {}, updated_at: 5 },
          ],
        },
      },
    ],
    [
      { kind: "groupStateUpdate", group: "g", items: [{ connectionId: "c", updatedAt: 5 }] },
      {
        group_state_update_message: {
          group: "g",
          items: [{ connection_id: "c", updated_at: 5 }],
        },
      },
    ],
  ])("%j is written", (frame, expected) => {
    const encoded = protobufCodec.encode(frame);
    expect(encoded?.isBinary).toBe(true);
    expect(encoded && decodeDownstream(encoded.data)).toEqual(expected);
  });
});
