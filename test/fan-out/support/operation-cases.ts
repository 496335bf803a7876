import type {
  CallOptions,
  ClientAccessToken,
  CommandOptions,
  ConnectionList,
  FanOutReport,
  PubSub,
} from "express-resilient-pubsub";
import { type OperationName, SEMANTICS, type Semantics } from "../../../src/fan-out/semantics.ts";
import { until } from "../../support/until.ts";
import { everybody, type Region, type RegionClient } from "./regions-with-clients.ts";

/** What an operation is told to be about. */
export interface Subject {
  /** Also the name of a group that only the user's connections are in. */
  readonly userId: string;
  readonly connectionId: string;
}

export const nobody: Subject = { userId: "nobody", connectionId: "nobody" };

/** Done to each region before, by Microsoft's own client. */
type Preparation = (region: Region) => Promise<unknown>;

export interface CommandCase {
  /** Whom it means in the regions that accept it. */
  readonly meant: "everybody" | "the user" | "the connection";
  readonly prepare?: Preparation;
  order(pubsub: PubSub, subject: Subject, options?: CommandOptions): Promise<FanOutReport>;
  /** Whether it has been done to somebody in a region, as Microsoft's own client sees it. */
  isDoneTo(inhabitant: RegionClient, region: Region): Promise<boolean>;
}

export interface QuestionCase {
  readonly meant: "the user" | "the connection";
  readonly prepare?: Preparation;
  ask(pubsub: PubSub, subject: Subject, options?: CallOptions): Promise<boolean>;
}

export interface ListCase {
  list(pubsub: PubSub, subject: Subject, options?: CallOptions): ConnectionList;
}

export interface TokenCase {
  get(pubsub: PubSub, subject: Subject): Promise<ClientAccessToken>;
}

interface CaseOf {
  command: CommandCase;
  question: QuestionCase;
  list: ListCase;
  token: TokenCase;
}

type KindOf<Name extends OperationName> = (typeof SEMANTICS)[Name]["kind"];

/** A group that nobody is in at first. */
export const newGroup = "new";
const permission = "sendToGroup";
const targetName = "somewhere";

async function hasHeard({ connectionId, received }: RegionClient, { service }: Region) {
  // What was sent before comes before.
  await service.sendToConnection(connectionId, "over", { contentType: "text/plain" });
  await until(() => received.includes("over"));
  return received.includes("hi");
}

async function isClosed({ connectionId }: RegionClient, { service }: Region) {
  return !(await service.connectionExists(connectionId));
}

async function isIn(group: string, { connectionId }: RegionClient, { service }: Region) {
  for await (const member of await service.group(group).listConnections()) {
    if (member.connectionId === connectionId) return true;
  }
  return false;
}

const hasJoined: CommandCase["isDoneTo"] = (one, region) => isIn(newGroup, one, region);
const hasLeft: CommandCase["isDoneTo"] = async (one, region) =>
  !(await isIn(everybody, one, region));

const mayPublish: CommandCase["isDoneTo"] = ({ connectionId }, { service }) =>
  service.hasPermission(connectionId, permission, { targetName });

const letAllPublish: Preparation = ({ clients: inhabitants, service }) =>
  Promise.all(
    inhabitants.map(({ connectionId }) =>
      service.grantPermission(connectionId, permission, { targetName }),
    ),
  );

/** Every operation, and how to see that it does what the SDK's does. */
export const cases: { [Name in OperationName]: CaseOf[KindOf<Name>] } = {
  sendToAll: {
    meant: "everybody",
    order: (pubsub, _, options) => pubsub.sendToAll("hi", options),
    isDoneTo: hasHeard,
  },
  sendToUser: {
    meant: "the user",
    order: (pubsub, { userId }, options) => pubsub.sendToUser(userId, "hi", options),
    isDoneTo: hasHeard,
  },
  sendToConnection: {
    meant: "the connection",
    order: (pubsub, { connectionId }, options) =>
      pubsub.sendToConnection(connectionId, "hi", options),
    isDoneTo: hasHeard,
  },
  closeAllConnections: {
    meant: "everybody",
    order: (pubsub, _, options) => pubsub.closeAllConnections(options),
    isDoneTo: isClosed,
  },
  closeUserConnections: {
    meant: "the user",
    order: (pubsub, { userId }, options) => pubsub.closeUserConnections(userId, options),
    isDoneTo: isClosed,
  },
  closeConnection: {
    meant: "the connection",
    order: (pubsub, { connectionId }, options) => pubsub.closeConnection(connectionId, options),
    isDoneTo: isClosed,
  },
  connectionExists: {
    meant: "the connection",
    ask: (pubsub, { connectionId }, options) => pubsub.connectionExists(connectionId, options),
  },
  userExists: {
    meant: "the user",
    ask: (pubsub, { userId }, options) => pubsub.userExists(userId, options),
  },
  groupExists: {
    meant: "the user",
    ask: (pubsub, { userId }, options) => pubsub.groupExists(userId, options),
  },
  addConnectionsToGroups: {
    meant: "the user",
    order: (pubsub, { userId }, options) =>
      pubsub.addConnectionsToGroups([newGroup], `userId eq '${userId}'`, options),
    isDoneTo: hasJoined,
  },
  removeConnectionsFromGroups: {
    meant: "the user",
    order: (pubsub, { userId }, options) =>
      pubsub.removeConnectionsFromGroups([everybody], `userId eq '${userId}'`, options),
    isDoneTo: hasLeft,
  },
  removeUserFromAllGroups: {
    meant: "the user",
    order: (pubsub, { userId }, options) => pubsub.removeUserFromAllGroups(userId, options),
    isDoneTo: hasLeft,
  },
  removeConnectionFromAllGroups: {
    meant: "the connection",
    order: (pubsub, { connectionId }, options) =>
      pubsub.removeConnectionFromAllGroups(connectionId, options),
    isDoneTo: hasLeft,
  },
  grantPermission: {
    meant: "the connection",
    order: (pubsub, { connectionId }, options) =>
      pubsub.grantPermission(connectionId, permission, { ...options, targetName }),
    isDoneTo: mayPublish,
  },
  revokePermission: {
    meant: "the connection",
    prepare: letAllPublish,
    order: (pubsub, { connectionId }, options) =>
      pubsub.revokePermission(connectionId, permission, { ...options, targetName }),
    isDoneTo: async (one, region) => !(await mayPublish(one, region)),
  },
  hasPermission: {
    meant: "the connection",
    prepare: letAllPublish,
    ask: (pubsub, { connectionId }, options) =>
      pubsub.hasPermission(connectionId, permission, { ...options, targetName }),
  },
  getClientAccessToken: {
    get: (pubsub, { userId }) => pubsub.getClientAccessToken({ userId, groups: [newGroup] }),
  },
  "group.sendToAll": {
    meant: "the user",
    order: (pubsub, { userId }, options) => pubsub.group(userId).sendToAll("hi", options),
    isDoneTo: hasHeard,
  },
  "group.closeAllConnections": {
    meant: "the user",
    order: (pubsub, { userId }, options) => pubsub.group(userId).closeAllConnections(options),
    isDoneTo: isClosed,
  },
  "group.addConnection": {
    meant: "the connection",
    order: (pubsub, { connectionId }, options) =>
      pubsub.group(newGroup).addConnection(connectionId, options),
    isDoneTo: hasJoined,
  },
  "group.removeConnection": {
    meant: "the connection",
    order: (pubsub, { connectionId }, options) =>
      pubsub.group(everybody).removeConnection(connectionId, options),
    isDoneTo: hasLeft,
  },
  "group.addUser": {
    meant: "the user",
    order: (pubsub, { userId }, options) => pubsub.group(newGroup).addUser(userId, options),
    isDoneTo: hasJoined,
  },
  "group.removeUser": {
    meant: "the user",
    order: (pubsub, { userId }, options) => pubsub.group(everybody).removeUser(userId, options),
    isDoneTo: hasLeft,
  },
  "group.listConnections": {
    list: (pubsub, { userId }, options) => pubsub.group(userId).listConnections(options),
  },
};

/** The operations of one kind, with what they mean. */
export function casesOf<Kind extends keyof CaseOf>(
  kind: Kind,
): [OperationName, CaseOf[Kind], Semantics][] {
  const names = Object.keys(cases) as OperationName[];
  return names
    .filter((name) => SEMANTICS[name].kind === kind)
    .map((name) => [name, cases[name] as CaseOf[Kind], SEMANTICS[name]]);
}
