import type { Reply } from "../../http/reply.ts";
import type { Operation, RestCall } from "../operation.ts";
import { connectionNotFound, NO_CONTENT, OK, userNotFound } from "../replies.ts";

const CONNECTION_IN_GROUP = "groups/{group}/connections/{connectionId}";
const USER_IN_GROUP = "users/{userId}/groups/{group}";

export const membershipOperations: readonly Operation[] = [
  { method: "PUT", path: CONNECTION_IN_GROUP, body: "none", run: addConnection },
  { method: "DELETE", path: CONNECTION_IN_GROUP, body: "none", run: removeConnection },
  {
    method: "DELETE",
    path: "connections/{connectionId}/groups",
    body: "none",
    run: removeConnectionFromAll,
  },
  { method: "PUT", path: USER_IN_GROUP, body: "none", run: addUser },
  { method: "DELETE", path: USER_IN_GROUP, body: "none", run: removeUser },
  { method: "DELETE", path: "users/{userId}/groups", body: "none", run: removeUserFromAll },
];

function addConnection({ hub, group, connectionId }: RestCall): Reply {
  const connection = hub.connection(connectionId);
  if (!connection) throw connectionNotFound("Error", connectionId);
  hub.join(connection, group);
  return OK;
}

function removeConnection({ hub, group, connectionId }: RestCall): Reply {
  const connection = hub.connection(connectionId);
  if (connection) hub.leave(connection, group);
  return NO_CONTENT;
}

function removeConnectionFromAll({ hub, connectionId }: RestCall): Reply {
  const connection = hub.connection(connectionId);
  if (connection) hub.leaveAll(connection);
  return NO_CONTENT;
}

/** A user is in a group by the connections it has now; later ones do not inherit that. */
function addUser({ hub, group, userId }: RestCall): Reply {
  const connections = hub.ofUser(userId);
  if (connections.size === 0) throw userNotFound(userId);
  for (const connection of connections) hub.join(connection, group);
  return OK;
}

function removeUser({ hub, group, userId }: RestCall): Reply {
  for (const connection of hub.ofUser(userId)) hub.leave(connection, group);
  return NO_CONTENT;
}

function removeUserFromAll({ hub, userId }: RestCall): Reply {
  for (const connection of hub.ofUser(userId)) hub.leaveAll(connection);
  return NO_CONTENT;
}
