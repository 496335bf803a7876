import type { PubSub, PubSubGroup } from "../contract/pubsub.ts";
import { checkFilter, checkGroupNames, checkPermission, checkSubject } from "./arguments.ts";
import type { FanOut } from "./fan-out.ts";
import { connectionList, readPage } from "./listing.ts";

/** The SDK's operations on the hub, made on all endpoints. */
export function pubSubService(
  fanOut: FanOut,
  hubName: string,
): Omit<PubSub, "getClientAccessToken"> {
  const sendToAll =
    (alias?: string): PubSub["sendToAll"] =>
    (message, options) =>
      fanOut.send({ name: "sendToAll", alias, options, message }, (client, body, rest) =>
        client.sendToAll(body, rest),
      );

  return {
    hubName,
    group: (groupName) => {
      checkSubject("group", groupName);
      return pubSubGroup(fanOut, hubName, groupName);
    },
    broadcast: sendToAll("broadcast"),
    sendToAll: sendToAll(),
    sendToUser: (username, message, options) =>
      fanOut.send(
        { name: "sendToUser", subject: username, options, message },
        (client, body, rest) => client.sendToUser(username, body, rest),
      ),
    sendToConnection: (connectionId, message, options) =>
      fanOut.send(
        { name: "sendToConnection", subject: connectionId, options, message },
        (client, body, rest) => client.sendToConnection(connectionId, body, rest),
      ),
    connectionExists: (connectionId, options) =>
      fanOut.question(
        { name: "connectionExists", subject: connectionId, options },
        (client, rest) => client.connectionExists(connectionId, rest),
      ),
    userExists: (username, options) =>
      fanOut.question({ name: "userExists", subject: username, options }, (client, rest) =>
        client.userExists(username, rest),
      ),
    groupExists: (groupName, options) =>
      fanOut.question({ name: "groupExists", subject: groupName, options }, (client, rest) =>
        client.groupExists(groupName, rest),
      ),
    closeConnection: (connectionId, options) =>
      fanOut.command({ name: "closeConnection", subject: connectionId, options }, (client, rest) =>
        client.closeConnection(connectionId, rest),
      ),
    closeAllConnections: (options) =>
      fanOut.command({ name: "closeAllConnections", options }, (client, rest) =>
        client.closeAllConnections(rest),
      ),
    closeUserConnections: (userId, options) =>
      fanOut.command({ name: "closeUserConnections", subject: userId, options }, (client, rest) =>
        client.closeUserConnections(userId, rest),
      ),
    removeUserFromAllGroups: (userId, options) =>
      fanOut.command(
        { name: "removeUserFromAllGroups", subject: userId, options },
        (client, rest) => client.removeUserFromAllGroups(userId, rest),
      ),
    removeConnectionFromAllGroups: (connectionId, options) =>
      fanOut.command(
        { name: "removeConnectionFromAllGroups", subject: connectionId, options },
        (client, rest) => client.removeConnectionFromAllGroups(connectionId, rest),
      ),
    addConnectionsToGroups: async (groups, filter, options) => {
      checkGroupNames(groups);
      checkFilter(filter);
      const names = [...groups];
      return fanOut.command({ name: "addConnectionsToGroups", options }, (client, rest) =>
        client.addConnectionsToGroups(names, filter, rest),
      );
    },
    removeConnectionsFromGroups: async (groups, filter, options) => {
      checkGroupNames(groups);
      checkFilter(filter);
      const names = [...groups];
      return fanOut.command({ name: "removeConnectionsFromGroups", options }, (client, rest) =>
        client.removeConnectionsFromGroups(names, filter, rest),
      );
    },
    grantPermission: async (connectionId, permission, options) => {
      checkPermission(permission);
      return fanOut.command(
        { name: "grantPermission", subject: connectionId, options },
        (client, rest) => client.grantPermission(connectionId, permission, rest),
      );
    },
    revokePermission: async (connectionId, permission, options) => {
      checkPermission(permission);
      return fanOut.command(
        { name: "revokePermission", subject: connectionId, options },
        (client, rest) => client.revokePermission(connectionId, permission, rest),
      );
    },
    hasPermission: async (connectionId, permission, options) => {
      checkPermission(permission);
      return fanOut.question(
        { name: "hasPermission", subject: connectionId, options },
        (client, rest) => client.hasPermission(connectionId, permission, rest),
      );
    },
  };
}

function pubSubGroup(fanOut: FanOut, hubName: string, groupName: string): PubSubGroup {
  return {
    groupName,
    hubName,
    sendToAll: (message, options) =>
      fanOut.send(
        { name: "group.sendToAll", subject: groupName, options, message },
        (client, body, rest) => client.group(groupName).sendToAll(body, rest),
      ),
    closeAllConnections: (options) =>
      fanOut.command(
        { name: "group.closeAllConnections", subject: groupName, options },
        (client, rest) => client.group(groupName).closeAllConnections(rest),
      ),
    addConnection: (connectionId, options) =>
      fanOut.command(
        { name: "group.addConnection", subject: connectionId, options },
        (client, rest) => client.group(groupName).addConnection(connectionId, rest),
      ),
    removeConnection: (connectionId, options) =>
      fanOut.command(
        { name: "group.removeConnection", subject: connectionId, options },
        (client, rest) => client.group(groupName).removeConnection(connectionId, rest),
      ),
    addUser: (username, options) =>
      fanOut.command({ name: "group.addUser", subject: username, options }, (client, rest) =>
        client.group(groupName).addUser(username, rest),
      ),
    removeUser: (username, options) =>
      fanOut.command({ name: "group.removeUser", subject: username, options }, (client, rest) =>
        client.group(groupName).removeUser(username, rest),
      ),
    listConnections: (options) =>
      connectionList(() =>
        fanOut.list(
          { name: "group.listConnections", subject: groupName, options },
          (client, rest, nextLink) => readPage(client.group(groupName), rest, nextLink),
        ),
      ),
  };
}
