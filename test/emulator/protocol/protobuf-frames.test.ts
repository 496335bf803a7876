import { protobufCodec } from "../../../src/emulator/protocol/protobuf-codec.ts";
import type { ServiceFrame } from "../../../src/emulator/protocol/service-frame.ts";
import { decodeDownstream } from "../support/protobuf.ts";
import { hello } from "../support/protobuf-payloads.ts";

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
