import type { Reply } from "../../http/reply.ts";
import type { Operation, RestCall } from "../operation.ts";
import { connectionNotFound, groupNotFound, OK, userNotFound } from "../replies.ts";

export const existsOperations: readonly Operation[] = [
  { method: "HEAD", path: "connections/{connectionId}", body: "none", run: connectionExists },
  { method: "HEAD", path: "users/{userId}", body: "none", run: userExists },
  { method: "HEAD", path: "groups/{group}", body: "none", run: groupExists },
];

function connectionExists({ hub, connectionId }: RestCall): Reply {
  if (hub.connection(connectionId)) return OK;
  throw connectionNotFound("Warning", connectionId);
}

function userExists({ hub, userId }: RestCall): Reply {
  if (hub.ofUser(userId).size > 0) return OK;
  throw userNotFound(userId);
}

/** A group exists as long as somebody is in it. */
function groupExists({ hub, group }: RestCall): Reply {
  if (hub.inGroup(group).size > 0) return OK;
  throw groupNotFound(group);
}
