import fc from "fast-check";
import type { Message, Payload } from "../../../src/emulator/protocol/message.ts";
import { protobufCodec } from "../../../src/emulator/protocol/protobuf-codec.ts";
import { decodeDownstream, encodeAny } from "../support/protobuf.ts";
import { hello, payloads } from "../support/protobuf-payloads.ts";

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
