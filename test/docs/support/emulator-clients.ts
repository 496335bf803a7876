import type { ClientRequest } from "../../../src/emulator/protocol/client-request.ts";
import type { ServiceFrame } from "../../../src/emulator/protocol/service-frame.ts";
import type { Supported } from "./emulator-features.ts";

const json = "emulator/clients/json-client";
const protobuf = "emulator/clients/protobuf-client";
const client = "conformance/client";

/** A type error here means that a request has come or gone. */
export const clientRequests: Record<
  Exclude<ClientRequest["kind"], "bad" | "badInvocation" | "badStream">,
  Supported
> = {
  joinGroup: { what: "`joinGroup`", shownBy: [[client, "joins, publishes and leaves"]] },
  leaveGroup: {
    what: "`leaveGroup`",
    shownBy: [
      [client, "joins, publishes and leaves"],
      [json, "spare the sender with noEcho, and whoever has left"],
    ],
  },
  sendToGroup: {
    what: "`sendToGroup`",
    notes: "`noEcho`, `ttlSeconds`, `metadata`; text, json, binary, protobuf",
    shownBy: [
      [client, "publishes %s"],
      [json, "keep keys of metadata apart that differ in case; the same one twice closes"],
    ],
  },
  event: {
    what: "`event`",
    notes: "`metadata`; the reply comes before the ack",
    shownBy: [[client, "sends events and gets replies of every type before the ack"]],
  },
  sequenceAck: {
    what: "`sequenceAck`",
    shownBy: [
      [
        "emulator/clients/recovery",
        "gets on a new one what it has not acknowledged, then what is new",
      ],
    ],
  },
  ping: {
    what: "`ping`",
    notes: "at once, also while an app server is asked",
    shownBy: [
      [json, "is answered while an app server takes its time, also behind frames that wait for it"],
      [protobuf, "hears a pong while an app server takes its time"],
    ],
  },
  invoke: { what: "`invoke`", shownBy: [[client, "invokes, and gets an answer or an error"]] },
  cancelInvocation: {
    what: "`cancelInvocation`",
    shownBy: [["emulator/clients/invoke", "a cancelled invocation is not answered any more"]],
  },
  streamStart: { what: "`sendToGroup` with `stream`", shownBy: [[client, "streams to a group"]] },
  streamData: { what: "`streamData`", shownBy: [[client, "streams to a group"]] },
  streamEnd: {
    what: "`streamEnd`",
    shownBy: [
      [client, "streams to a group"],
      [
        "conformance/express-sample",
        "streams of the official client end well over TLS, ten times in a row",
      ],
    ],
  },
  setGroupState: {
    what: "`setGroupState`",
    notes: "the service documents the frames only, the rules are ours",
    shownBy: [[json, "are shown to whoever subscribes, first all and then each change"]],
  },
  subscribeGroupState: {
    what: "`subscribeGroupState`",
    shownBy: [[json, "are shown to whoever subscribes, first all and then each change"]],
  },
  unsubscribeGroupState: {
    what: "`unsubscribeGroupState`",
    shownBy: [[json, "are shown to whoever subscribes, first all and then each change"]],
  },
};

export const serviceFrames: Record<ServiceFrame["kind"] | "message", Supported> = {
  connected: {
    what: "`system` `connected`",
    shownBy: [[json, "on %s for user %j says connected"]],
  },
  disconnected: {
    what: "`system` `disconnected`",
    shownBy: [
      [client, "hears the reason of a close, connects anew at once and joins its groups again"],
    ],
  },
  ack: {
    what: "`ack`",
    notes: "`Forbidden`, `Duplicate`, `BadRequest`, `InternalServerError`",
    shownBy: [
      [json, "come once per success; the second time it is a duplicate and nothing is done"],
      [json, "need a role: %s with %j"],
      [json, "say which permission a %s lacks"],
      [json, "the ack of a failure does not use up its id"],
      [client, "is told when an event fails"],
    ],
  },
  pong: {
    what: "`pong`",
    shownBy: [[protobuf, "joins, publishes, leaves, pings and is told of duplicates"]],
  },
  message: {
    what: "`message`",
    notes: "`sequenceId` for reliable clients",
    shownBy: [[json, "get each message with the next number of their own"]],
  },
  invokeResponse: {
    what: "`invokeResponse`",
    shownBy: [[client, "invokes, and gets an answer or an error"]],
  },
  streamAck: {
    what: "`streamAck`",
    shownBy: [[json, "reach the members of a group part by part"]],
  },
  streamNack: {
    what: "`streamNack`",
    notes: "`InvalidSequenceId`; `TransientError` never comes",
    shownBy: [[json, "reach the members of a group part by part"]],
  },
  streamClosed: { what: "`streamClosed`", shownBy: [[json, "to %s are closed"]] },
  groupStateSnapshot: {
    what: "`groupStateSnapshot`",
    shownBy: [[json, "are shown to whoever subscribes, first all and then each change"]],
  },
  groupStateUpdate: {
    what: "`groupStateUpdate`",
    shownBy: [[json, "are shown to whoever subscribes, first all and then each change"]],
  },
};

export const clients: readonly Supported[] = [
  {
    what: "simple",
    notes: "each frame a `message` event",
    shownBy: [
      [
        "emulator/clients/simple-client",
        "a simple client sees no envelope, no connected frame and no disconnected frame",
      ],
    ],
  },
  {
    what: "simple, `webpubsub_mode=sendToGroup`",
    notes: "`group`, `noEcho`",
    shownBy: [["emulator/clients/simple-client", "publishes each frame of %s to its group"]],
  },
  { what: "`json.webpubsub.azure.v1`", shownBy: [[client, "joins, publishes and leaves"]] },
  {
    what: "`json.reliable.webpubsub.azure.v1`",
    notes: "recovery for 30 s, 1000 messages or 16 MiB",
    shownBy: [
      [client, "loses nothing and hears nothing twice when its socket is cut again and again"],
    ],
  },
  {
    what: "`protobuf.webpubsub.azure.v1`",
    shownBy: [[protobuf, "joins, publishes, leaves, pings and is told of duplicates"]],
  },
  {
    what: "`protobuf.reliable.webpubsub.azure.v1`",
    shownBy: [[protobuf, "a reliable protobuf client recovers what it has not acknowledged"]],
  },
];
