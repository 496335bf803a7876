import protobuf from "protobufjs/light.js";

type Fields = protobuf.IType["fields"];

/** proto3 `optional`: a zero that was sent differs from nothing. */
const optional = (type: string, id: number): protobuf.IField => ({
  type,
  id,
  options: { features: { field_presence: "EXPLICIT" } },
});

const message = (fields: Fields): protobuf.IType => ({ fields });

const oneof = (name: string, fields: Fields): protobuf.IType => ({
  fields,
  oneofs: { [name]: { oneof: Object.keys(fields) } },
});

const textMap = (id: number): protobuf.IMapField => ({ keyType: "string", type: "string", id });

const field = (type: string, id: number): protobuf.IField => ({ type, id });
const text = (id: number): protobuf.IField => field("string", id);
const count = (id: number): protobuf.IField => field("uint64", id);
const group = text(1);
const streamId = text(1);

const root = protobuf.Root.fromJSON({
  nested: {
    ClientMessage: oneof("request", {
      sendToGroup: field("SendToGroup", 1),
      event: field("Event", 5),
      joinGroup: field("GroupRequest", 6),
      leaveGroup: field("GroupRequest", 7),
      sequenceAck: field("SequenceAck", 8),
      ping: field("Empty", 9),
      invoke: field("Invoke", 10),
      cancelInvocation: field("CancelInvocation", 11),
      streamData: field("StreamData", 13),
      streamEnd: field("StreamEnd", 14),
      setGroupState: field("SetGroupState", 15),
      subscribeGroupState: field("GroupRequest", 16),
      unsubscribeGroupState: field("GroupRequest", 17),
    }),
    SendToGroup: message({
      group,
      ackId: optional("uint64", 2),
      data: field("Data", 3),
      noEcho: field("bool", 4),
      ttlSeconds: field("uint32", 5),
      metadata: textMap(6),
      stream: field("StreamStart", 7),
    }),
    Event: message({
      event: text(1),
      data: field("Data", 2),
      ackId: optional("uint64", 3),
      metadata: textMap(4),
    }),
    GroupRequest: message({ group, ackId: optional("uint64", 2) }),
    SequenceAck: message({ sequenceId: count(1) }),
    Empty: message({}),
    Invoke: message({ event: text(1), invocationId: text(2), data: field("Data", 3) }),
    CancelInvocation: message({ invocationId: text(1) }),
    StreamStart: message({ streamId, idleTimeoutMs: optional("uint32", 2) }),
    StreamData: message({
      streamId,
      streamSequenceId: optional("uint64", 2),
      data: field("Data", 3),
    }),
    StreamEnd: message({ streamId, error: field("StreamEndError", 2) }),
    StreamEndError: message({
      message: optional("string", 1),
      userErrorCode: optional("string", 2),
    }),
    SetGroupState: message({
      group,
      ackId: optional("uint64", 2),
      state: field("GroupState", 3),
    }),

    ServiceMessage: oneof("frame", {
      ack: field("Ack", 1),
      data: field("DataMessage", 2),
      system: field("System", 3),
      pong: field("Empty", 4),
      invokeResponse: field("InvokeResponse", 5),
      streamAck: field("StreamAck", 6),
      streamNack: field("StreamNack", 7),
      streamClosed: field("StreamClosed", 8),
      groupStateUpdate: field("GroupStates", 9),
      groupStateSnapshot: field("GroupStates", 10),
    }),
    Ack: message({
      ackId: count(1),
      success: field("bool", 2),
      error: field("NamedError", 3),
    }),
    NamedError: message({ name: text(1), message: text(2) }),
    // The sequence id, field 4, is spliced in per receiver.
    DataMessage: message({
      from: text(1),
      group: optional("string", 2),
      data: field("Data", 3),
      metadata: textMap(5),
      stream: field("StreamPosition", 6),
    }),
    System: oneof("event", {
      connected: field("Connected", 1),
      disconnected: field("Disconnected", 2),
    }),
    Connected: message({
      connectionId: text(1),
      userId: text(2),
      reconnectionToken: optional("string", 3),
    }),
    Disconnected: message({ reason: text(2) }),
    InvokeResponse: message({
      invocationId: text(1),
      success: field("bool", 2),
      data: field("Data", 3),
      error: field("NamedError", 4),
    }),
    StreamAck: message({ streamId, expectedSequenceId: count(2) }),
    StreamNack: message({
      streamId,
      name: text(2),
      message: text(3),
      expectedSequenceId: count(4),
    }),
    StreamClosed: message({ streamId, error: field("NamedError", 2) }),
    GroupStates: message({ group, items: { rule: "repeated", type: "GroupStateItem", id: 2 } }),
    StreamPosition: message({
      streamId,
      streamSequenceId: count(2),
      endOfStream: optional("bool", 3),
      error: field("StreamError", 4),
    }),
    StreamError: message({ name: text(1), message: text(2), userErrorCode: text(3) }),

    // An Any is passed on as the bytes it arrived as.
    Data: oneof("kind", {
      text: text(1),
      binary: field("bytes", 2),
      protobuf: field("bytes", 3),
      json: text(4),
    }),
    Any: message({ typeUrl: text(1), value: field("bytes", 2) }),
    GroupStateItem: message({
      connectionId: text(1),
      userId: optional("string", 2),
      state: field("GroupState", 3),
      updatedAt: field("int64", 4),
    }),
    GroupState: message({ entries: textMap(1) }),
  },
});

export const clientMessageType = root.lookupType("ClientMessage");
export const serviceMessageType = root.lookupType("ServiceMessage");
export const anyType = root.lookupType("Any");
