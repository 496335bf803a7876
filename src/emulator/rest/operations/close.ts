import { closeSentence } from "../../../kit/close-reasons.ts";
import type { Reply } from "../../http/reply.ts";
import type { Connection, Ending } from "../../hub/connection.ts";
import type { Operation, RestCall } from "../operation.ts";
import { NO_CONTENT } from "../replies.ts";

export const closeOperations: readonly Operation[] = [
  { method: "DELETE", path: "connections/{connectionId}", body: "none", run: closeConnection },
  { method: "POST", path: ":closeConnections", body: "none", run: closeAll },
  { method: "POST", path: "groups/{group}/:closeConnections", body: "none", run: closeGroup },
  { method: "POST", path: "users/{userId}/:closeConnections", body: "none", run: closeUser },
];

function closeConnection(call: RestCall): Reply {
  const connection = call.hub.connection(call.connectionId);
  return close(call, connection ? [connection] : []);
}

function closeAll(call: RestCall): Reply {
  return close(call, call.hub.everyone());
}

function closeGroup(call: RestCall): Reply {
  return close(call, call.hub.inGroup(call.group));
}

function closeUser(call: RestCall): Reply {
  return close(call, call.hub.ofUser(call.userId));
}

function close({ query }: RestCall, connections: Iterable<Connection>): Reply {
  const excluded = new Set(query.getAll("excluded"));
  const reason = closeSentence(query.get("reason") ?? "");
  const ending: Ending = { code: 1000, reason, announced: true, closeReason: "" };
  for (const connection of connections) {
    if (!excluded.has(connection.id)) connection.end(ending);
  }
  return NO_CONTENT;
}
