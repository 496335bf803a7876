import type { WebPubSubGroup, WebPubSubServiceClient } from "@azure/web-pubsub";

type MethodsOf<T> = {
  [Name in keyof T]: T[Name] extends (...args: never[]) => unknown ? Name : never;
}[keyof T] &
  string;

/** Every operation of the SDK's service client, and of its groups: `group.<name>`. */
export type OperationName =
  | Exclude<MethodsOf<WebPubSubServiceClient>, "group">
  | `group.${MethodsOf<WebPubSubGroup>}`;

/** What an operation means when there are several endpoints. */
export interface Semantics {
  /**
   * A `command` wants something done, and comes to a report. A `question` comes to true or false, a
   * `list` to everything that the endpoints list, a `token` to a token of one endpoint.
   */
  readonly kind: "command" | "question" | "list" | "token";
  /** What it is about: a single connection lives on one endpoint, all others may be on several. */
  readonly about: "all" | "group" | "user" | "connection";
  /** Whether an endpoint answers 404 when what it is about is not there, where that is a failure to the SDK. */
  readonly tellsAbsence?: boolean;
}

/** The meaning of every operation; the documentation and the tests are made from it. */
export const SEMANTICS = {
  sendToAll: { kind: "command", about: "all" },
  sendToUser: { kind: "command", about: "user" },
  sendToConnection: { kind: "command", about: "connection" },
  closeAllConnections: { kind: "command", about: "all" },
  closeUserConnections: { kind: "command", about: "user" },
  closeConnection: { kind: "command", about: "connection" },
  connectionExists: { kind: "question", about: "connection" },
  userExists: { kind: "question", about: "user" },
  groupExists: { kind: "question", about: "group" },
  addConnectionsToGroups: { kind: "command", about: "all" },
  removeConnectionsFromGroups: { kind: "command", about: "all" },
  removeUserFromAllGroups: { kind: "command", about: "user" },
  removeConnectionFromAllGroups: { kind: "command", about: "connection" },
  grantPermission: { kind: "command", about: "connection", tellsAbsence: true },
  revokePermission: { kind: "command", about: "connection" },
  hasPermission: { kind: "question", about: "connection" },
  getClientAccessToken: { kind: "token", about: "all" },
  "group.sendToAll": { kind: "command", about: "group" },
  "group.closeAllConnections": { kind: "command", about: "group" },
  "group.addConnection": { kind: "command", about: "connection", tellsAbsence: true },
  "group.removeConnection": { kind: "command", about: "connection" },
  "group.addUser": { kind: "command", about: "user", tellsAbsence: true },
  "group.removeUser": { kind: "command", about: "user" },
  "group.listConnections": { kind: "list", about: "group" },
} as const satisfies Record<OperationName, Semantics>;
