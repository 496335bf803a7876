import type { Proof, Supported } from "./emulator-features.ts";

const sending = "conformance/service-client/sending";
const presence = "conformance/service-client/presence";
const groups = "conformance/service-client/groups";
const closing = "conformance/service-client/closing";
const filters = "conformance/service-client/filters";
const granting = "conformance/service-client/permissions";
const credentials = "conformance/service-client/credentials";
const recorded = "conformance/rest-ground-truth";

const sends: readonly Proof[] = [
  [sending, "reaches the addressee and nobody else"],
  ["emulator/rest/send", "to %j, %j, chooses %j"],
  ["emulator/rest/send", "POST %s with %j makes a message that lives for %p s"],
  ["emulator/rest/send", "%s are answered accordingly"],
];

const closes: readonly Proof[] = [
  [closing, "%s tells the reason"],
  [closing, "%s spares the excluded"],
];

const permissions: readonly Proof[] = [
  [granting, "to %s are granted, known and revoked"],
  [
    "emulator/rest/permissions",
    "of a client that may send to every group, one group is revoked and the others stay (E)",
  ],
];

const bulk: readonly Proof[] = [
  [filters, "choose who is added to groups and removed from them"],
  ["emulator/rest/groups-by-filter", "%s with %j leaves %j in group a and %j in group b"],
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
    shownBy: [[presence, "knows connections and users"]],
  },
  "HEAD users/{userId}": {
    what: "does a user exist",
    shownBy: [[presence, "knows connections and users"]],
  },
  "HEAD groups/{group}": {
    what: "does a group exist",
    notes: "as long as somebody is in it",
    shownBy: [[groups, "exist as long as somebody is in them"]],
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
    shownBy: [[groups, "are joined and left by connection and by user"]],
  },
  "DELETE groups/{group}/connections/{connectionId}": {
    what: "remove a connection from a group",
    shownBy: [[groups, "are joined and left by connection and by user"]],
  },
  "DELETE connections/{connectionId}/groups": {
    what: "remove a connection from all groups",
    shownBy: [[groups, "are joined and left by connection and by user"]],
  },
  "PUT users/{userId}/groups/{group}": {
    what: "add a user to a group",
    notes: "the connections it has now",
    shownBy: [
      [groups, "are joined and left by connection and by user"],
      [groups, "get the connections that a user has now, not its later ones"],
    ],
  },
  "DELETE users/{userId}/groups/{group}": {
    what: "remove a user from a group",
    shownBy: [[groups, "are joined and left by connection and by user"]],
  },
  "DELETE users/{userId}/groups": {
    what: "remove a user from all groups",
    shownBy: [[groups, "are joined and left by connection and by user"]],
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
    notes: "`maxpagesize`, `top`, `continuationToken`, each at most once",
    shownBy: [
      [presence, "are listed by page, and from a page on"],
      ["emulator/rest/list", "a page that is asked for with %j is refused for its %s (E)"],
    ],
  },
  "PUT permissions/{permission}/connections/{connectionId}": {
    what: "grant a permission",
    notes: "`targetName`, without which it is 400",
    shownBy: permissions,
  },
  "DELETE permissions/{permission}/connections/{connectionId}": {
    what: "revoke a permission",
    notes: "`targetName`, without which it is 400",
    shownBy: permissions,
  },
  "HEAD permissions/{permission}/connections/{connectionId}": {
    what: "check a permission",
    notes: "`targetName`, without which it is 400",
    shownBy: permissions,
  },
  "POST :generateToken": {
    what: "generate a client token",
    notes:
      "every parameter; tokens for MQTT and Socket.IO are made, their protocols are not spoken",
    shownBy: [
      [credentials, "made by the service for an Entra identity lets the client in, over https"],
    ],
  },
};

export const health: Supported = {
  what: "`HEAD` and `GET /api/health`",
  notes: "needs no token and no version",
  shownBy: [[recorded, "%s /api/health needs neither token nor version"]],
};
