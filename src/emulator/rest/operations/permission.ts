import { isGroupName } from "../../contract/names.ts";
import type { Reply } from "../../http/reply.ts";
import type { Connection } from "../../hub/connection.ts";
import type { GroupPermission } from "../../hub/roles.ts";
import type { Operation, RestCall } from "../operation.ts";
import {
  connectionNotFound,
  invalidParameter,
  invalidTargetName,
  NO_CONTENT,
  OK,
} from "../replies.ts";

const PATH = "permissions/{permission}/connections/{connectionId}";

export const permissionOperations: readonly Operation[] = [
  { method: "PUT", path: PATH, body: "none", run: grant },
  { method: "DELETE", path: PATH, body: "none", run: revoke },
  { method: "HEAD", path: PATH, body: "none", run: check },
];

const PERMISSIONS: ReadonlyMap<string, GroupPermission> = new Map([
  ["joinleavegroup", "joinLeaveGroup"],
  ["sendtogroup", "sendToGroup"],
]);

function grant(call: RestCall): Reply {
  const permission = readPermission(call);
  const group = readTargetName(call);
  connectionOf(call).roles.grant(permission, group);
  return OK;
}

function revoke(call: RestCall): Reply {
  const permission = readPermission(call);
  const group = readTargetName(call);
  call.hub.connection(call.connectionId)?.roles.revoke(permission, group);
  return NO_CONTENT;
}

function check(call: RestCall): Reply {
  const permission = readPermission(call);
  const group = readTargetName(call);
  if (connectionOf(call).roles.allows(permission, group)) return OK;
  // A client without the permission is answered as one that is not there.
  throw connectionNotFound("Info", call.connectionId);
}

function readPermission({ permission: name }: RestCall): GroupPermission {
  const permission = PERMISSIONS.get(name.toLowerCase());
  if (permission) return permission;
  throw invalidParameter("permission", "The permission must be joinLeaveGroup or sendToGroup.");
}

/** @throws Refusal 400 also when no group is named: there is no permission for every group. */
function readTargetName({ query }: RestCall): string {
  const group = query.get("targetName") ?? "";
  if (isGroupName(group)) return group;
  throw invalidTargetName();
}

function connectionOf({ hub, connectionId }: RestCall): Connection {
  const connection = hub.connection(connectionId);
  if (connection) return connection;
  throw connectionNotFound("Info", connectionId);
}
