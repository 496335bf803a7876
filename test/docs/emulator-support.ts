import type { FaultKind, GroupEvent, SystemEvent } from "express-resilient-pubsub/emulator";
import type { ClientRequest } from "../../src/emulator/protocol/client-request.ts";
import type { ServiceFrame } from "../../src/emulator/protocol/service-frame.ts";

/** A test: its file below `test/`, and its title. */
export type Proof = readonly [file: string, title: string];

/** What is supported, and the tests that show it. */
export interface Supported {
  readonly what: string;
  readonly notes?: string;
  readonly shownBy: readonly Proof[];
}

const service = "conformance/service-client";
const recorded = "conformance/rest-ground-truth";

const sends: readonly Proof[] = [
  [service, "reaches whom it is for and nobody else"],
  ["emulator/rest-send", "to %j, %j, chooses %j"],
  ["emulator/rest-send", "POST %s with %j makes a message that lives for %p s"],
  ["emulator/rest-send", "%s are answered accordingly"],
];

const closes: readonly Proof[] = [
  [service, "%s tells the reason"],
  [service, "%s spares the excluded"],
];

const permissions: readonly Proof[] = [[service, "to %s are granted, known and revoked"]];

const bulk: readonly Proof[] = [
  [service, "choose who is added to groups and removed from them"],
  ["emulator/rest-groups-by-filter", "%s with %j leaves %j in group a and %j in group b"],
];

/** By method and path below `/api/hubs/{hub}/`; a test compares the keys with the router. */
export const restOperations: Record<string, Supported> = {
  "POST :send": {
    what: "send to all",
    notes: "`excluded`, `filter`, `messageTtlSeconds`, metadata headers",
    shownBy: sends,
  },
  "POST groups/{group}/:send": {
    what: "send to a group",
    notes: "as send to all",
    shownBy: sends,
  },
  "POST users/{userId}/:send": {
    what: "send to a user",
    notes: "`filter`, `messageTtlSeconds`, metadata headers",
    shownBy: sends,
  },
  "POST connections/{connectionId}/:send": {
    what: "send to a connection",
    notes: "`messageTtlSeconds`, metadata headers",
    shownBy: sends,
  },
  "HEAD connections/{connectionId}": {
    what: "does a connection exist",
    shownBy: [[service, "knows connections and users"]],
  },
  "HEAD users/{userId}": {
    what: "does a user exist",
    shownBy: [[service, "knows connections and users"]],
  },
  "HEAD groups/{group}": {
    what: "does a group exist",
    notes: "as long as somebody is in it",
    shownBy: [[service, "exist as long as somebody is in them"]],
  },
  "DELETE connections/{connectionId}": {
    what: "close a connection",
    notes: "`reason`",
    shownBy: closes,
  },
  "POST :closeConnections": {
    what: "close all connections",
    notes: "`reason`, `excluded`",
    shownBy: closes,
  },
  "POST groups/{group}/:closeConnections": {
    what: "close the connections of a group",
    notes: "`reason`, `excluded`",
    shownBy: closes,
  },
  "POST users/{userId}/:closeConnections": {
    what: "close the connections of a user",
    notes: "`reason`, `excluded`",
    shownBy: closes,
  },
  "PUT groups/{group}/connections/{connectionId}": {
    what: "add a connection to a group",
    shownBy: [[service, "are joined and left by connection and by user"]],
  },
  "DELETE groups/{group}/connections/{connectionId}": {
    what: "remove a connection from a group",
    shownBy: [[service, "are joined and left by connection and by user"]],
  },
  "DELETE connections/{connectionId}/groups": {
    what: "remove a connection from all groups",
    shownBy: [[service, "are joined and left by connection and by user"]],
  },
  "PUT users/{userId}/groups/{group}": {
    what: "add a user to a group",
    notes: "the connections it has now",
    shownBy: [
      [service, "are joined and left by connection and by user"],
      [service, "get the connections that a user has now, not its later ones"],
    ],
  },
  "DELETE users/{userId}/groups/{group}": {
    what: "remove a user from a group",
    shownBy: [[service, "are joined and left by connection and by user"]],
  },
  "DELETE users/{userId}/groups": {
    what: "remove a user from all groups",
    shownBy: [[service, "are joined and left by connection and by user"]],
  },
  "POST :addToGroups": {
    what: "add connections to groups",
    notes: "`filter`; without one, every connection",
    shownBy: bulk,
  },
  "POST :removeFromGroups": {
    what: "remove connections from groups",
    notes: "as above",
    shownBy: bulk,
  },
  "GET groups/{group}/connections": {
    what: "list the connections of a group",
    notes: "`maxpagesize`, `top`, `continuationToken`",
    shownBy: [[service, "are listed by page, and from a page on"]],
  },
  "PUT permissions/{permission}/connections/{connectionId}": {
    what: "grant a permission",
    notes: "`targetName`",
    shownBy: permissions,
  },
  "DELETE permissions/{permission}/connections/{connectionId}": {
    what: "revoke a permission",
    notes: "`targetName`",
    shownBy: permissions,
  },
  "HEAD permissions/{permission}/connections/{connectionId}": {
    what: "check a permission",
    notes: "`targetName`",
    shownBy: permissions,
  },
  "POST :generateToken": {
    what: "generate a client token",
    notes:
      "every parameter; tokens for MQTT and Socket.IO are made, their protocols are not spoken",
    shownBy: [[service, "made by the service for an Entra identity does as well, over https"]],
  },
};

export const health: Supported = {
  what: "`HEAD` and `GET /api/health`",
  notes: "needs no token and no version",
  shownBy: [[recorded, "%s /api/health needs neither token nor version"]],
};

const json = "emulator/json-client";
const protobuf = "emulator/protobuf-client";
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
    shownBy: [[client, "publishes %s"]],
  },
  event: {
    what: "`event`",
    notes: "`metadata`; the reply comes before the ack",
    shownBy: [[client, "sends events and gets replies of every type before the ack"]],
  },
  sequenceAck: {
    what: "`sequenceAck`",
    shownBy: [
      ["emulator/recovery", "gets on a new one what it has not acknowledged, then what is new"],
    ],
  },
  ping: {
    what: "`ping`",
    shownBy: [[protobuf, "joins, publishes, leaves, pings and is told of duplicates"]],
  },
  invoke: { what: "`invoke`", shownBy: [[client, "invokes, and gets an answer or an error"]] },
  cancelInvocation: {
    what: "`cancelInvocation`",
    shownBy: [["emulator/invoke", "that is cancelled is not answered any more"]],
  },
  streamStart: { what: "`sendToGroup` with `stream`", shownBy: [[client, "streams to a group"]] },
  streamData: { what: "`streamData`", shownBy: [[client, "streams to a group"]] },
  streamEnd: { what: "`streamEnd`", shownBy: [[client, "streams to a group"]] },
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
      [json, "of failures do not use up the id"],
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
        "emulator/simple-client",
        "a simple client sees no envelope, no connected frame and no disconnected frame",
      ],
    ],
  },
  {
    what: "simple, `webpubsub_mode=sendToGroup`",
    notes: "`group`, `noEcho`",
    shownBy: [["emulator/simple-client", "publishes each frame of %s to its group"]],
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

const handler = "conformance/event-handler";

export const events: Record<SystemEvent | GroupEvent | "user" | "validation", Supported> = {
  validation: {
    what: "validation",
    notes: "`OPTIONS`, on 404 `GET`",
    shownBy: [
      [handler, "gets nothing from an endpoint that it does not allow"],
      [
        "emulator/upstream-validation",
        "that does not know OPTIONS is asked by GET, in the same words",
      ],
    ],
  },
  connect: {
    what: "`connect`",
    notes: "`userId`, `groups`, `roles`, `subprotocol`, state",
    shownBy: [[handler, "settles who the client is and what it may"]],
  },
  connected: {
    what: "`connected`",
    shownBy: [
      [handler, "sees a connection from its beginning to its end, with the state it keeps"],
    ],
  },
  disconnected: {
    what: "`disconnected`",
    notes: "with the reason",
    shownBy: [
      ["emulator/upstream", "disconnected tells the whole reason, the close frame as much as fits"],
    ],
  },
  joined: {
    what: "`joined`",
    shownBy: [[handler, "hears of the groups of a connection, between its beginning and its end"]],
  },
  left: {
    what: "`left`",
    shownBy: [[handler, "hears of the groups of a connection, between its beginning and its end"]],
  },
  user: {
    what: "user events",
    notes: "text, json, binary, protobuf; metadata, cookies, state",
    shownBy: [
      [handler, "understands %j"],
      ["emulator/user-events", "of type %s come with their content type"],
      [
        "emulator/user-events",
        "the state goes round: it is replaced by successes and told with each later event",
      ],
      [
        "emulator/upstream-headers",
        "of successes are shown again on the later events of the connection only",
      ],
      ["emulator/upstream-headers", "go out as headers and come back as such"],
    ],
  },
};

const faultTests = "emulator/faults";

export const faults: Record<FaultKind, Supported> = {
  crash: {
    what: "`crash`",
    notes: "sockets are destroyed, the port refuses, the state is lost",
    shownBy: [[faultTests, "destroys every socket, refuses new ones and tells nobody upstream"]],
  },
  blackhole: {
    what: "`blackhole`",
    notes: "TCP connects, nothing is answered; open clients stay open and silent",
    shownBy: [[faultTests, "keeps open clients open and silent, and they go on afterwards"]],
  },
  unhealthy: {
    what: "`unhealthy`",
    notes: "`status` 503, `retryAfterInSeconds`",
    shownBy: [[faultTests, "%j answers health, REST and handshakes"]],
  },
  throttle: {
    what: "`throttle`",
    notes: "429, `retryAfterInSeconds`",
    shownBy: [
      [faultTests, "%j answers as it should and leaves open clients alone"],
      [faultTests, "a refused handshake says that its connection ends"],
    ],
  },
  accessDenied: {
    what: "`accessDenied`",
    notes: "403",
    shownBy: [[faultTests, "%j answers as it should and leaves open clients alone"]],
  },
  latency: {
    what: "`latency`",
    notes: "`delayInMs`, `jitterInMs`",
    shownBy: [[faultTests, "waits as long as it was told, jitter included"]],
  },
  gray: {
    what: "`gray`",
    notes: "health is fine, REST answers `status` 500",
    shownBy: [[faultTests, "%j answers as it should and leaves open clients alone"]],
  },
};
