import { hello, payloads } from "../support/protobuf-payloads.ts";
import { parse } from "../support/protobuf-request.ts";

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
      metadata: { Colour: "red" },
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
