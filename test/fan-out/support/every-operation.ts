import type { ResilientPubSub } from "express-resilient-pubsub";

// biome-ignore lint/suspicious/noExplicitAny: what is tested here is what no type admits
export type Anything = any;

/** Every operation, with what it is about and its other arguments right. */
interface Operation {
  readonly about?: "groupName" | "userId" | "connectionId";
  /** `subject` stands for what it is about. */
  run(pubsub: ResilientPubSub, subject: Anything, options: Anything): unknown;
}

export const first = (list: Anything): Promise<unknown> => list[Symbol.asyncIterator]().next();

const hub: Record<string, Operation> = {
  broadcast: { run: (it, _, options) => it.broadcast("hi", options) },
  sendToAll: { run: (it, _, options) => it.sendToAll("hi", options) },
  sendToUser: { about: "userId", run: (it, id, options) => it.sendToUser(id, "hi", options) },
  sendToConnection: {
    about: "connectionId",
    run: (it, id, options) => it.sendToConnection(id, "hi", options),
  },
  connectionExists: {
    about: "connectionId",
    run: (it, id, options) => it.connectionExists(id, options),
  },
  userExists: { about: "userId", run: (it, id, options) => it.userExists(id, options) },
  groupExists: { about: "groupName", run: (it, name, options) => it.groupExists(name, options) },
  closeConnection: {
    about: "connectionId",
    run: (it, id, options) => it.closeConnection(id, options),
  },
  closeAllConnections: { run: (it, _, options) => it.closeAllConnections(options) },
  closeUserConnections: {
    about: "userId",
    run: (it, id, options) => it.closeUserConnections(id, options),
  },
  removeUserFromAllGroups: {
    about: "userId",
    run: (it, id, options) => it.removeUserFromAllGroups(id, options),
  },
  removeConnectionFromAllGroups: {
    about: "connectionId",
    run: (it, id, options) => it.removeConnectionFromAllGroups(id, options),
  },
  addConnectionsToGroups: {
    run: (it, _, options) => it.addConnectionsToGroups(["g"], "userId eq 'ada'", options),
  },
  removeConnectionsFromGroups: {
    run: (it, _, options) => it.removeConnectionsFromGroups(["g"], "userId eq 'ada'", options),
  },
  grantPermission: {
    about: "connectionId",
    run: (it, id, options) => it.grantPermission(id, "sendToGroup", options),
  },
  revokePermission: {
    about: "connectionId",
    run: (it, id, options) => it.revokePermission(id, "sendToGroup", options),
  },
  hasPermission: {
    about: "connectionId",
    run: (it, id, options) => it.hasPermission(id, "sendToGroup", options),
  },
  getClientAccessToken: { run: (it, _, options) => it.getClientAccessToken(options) },
};

const group: Record<string, Operation> = {
  "group.sendToAll": { run: (it, _, options) => it.group("g").sendToAll("hi", options) },
  "group.closeAllConnections": {
    run: (it, _, options) => it.group("g").closeAllConnections(options),
  },
  "group.addConnection": {
    about: "connectionId",
    run: (it, id, options) => it.group("g").addConnection(id, options),
  },
  "group.removeConnection": {
    about: "connectionId",
    run: (it, id, options) => it.group("g").removeConnection(id, options),
  },
  "group.addUser": {
    about: "userId",
    run: (it, id, options) => it.group("g").addUser(id, options),
  },
  "group.removeUser": {
    about: "userId",
    run: (it, id, options) => it.group("g").removeUser(id, options),
  },
  "group.listConnections": {
    run: (it, _, options) => first(it.group("g").listConnections(options)),
  },
  "group.listConnections by page": {
    run: (it, _, options) => first(it.group("g").listConnections(options).byPage()),
  },
};

export const operations = Object.entries({ ...hub, ...group });
