import type { Reply } from "../../http/reply.ts";
import type { Connection } from "../../hub/connection.ts";
import { publish } from "../../hub/hub.ts";
import type { Message } from "../../protocol/message.ts";
import type { MessageCall, Operation } from "../operation.ts";
import { accepted, invalidParameter, notBuilt } from "../replies.ts";

const maxTtlInSeconds = 300;

export const sendOperations: readonly Operation[] = [
  { method: "POST", path: ":send", body: "message", run: sendToAll },
  { method: "POST", path: "groups/{group}/:send", body: "message", run: sendToGroup },
  { method: "POST", path: "users/{userId}/:send", body: "message", run: sendToUser },
  {
    method: "POST",
    path: "connections/{connectionId}/:send",
    body: "message",
    run: sendToConnection,
  },
];

function sendToAll(call: MessageCall): Reply {
  return send(call, call.hub.everyone());
}

function sendToGroup(call: MessageCall): Reply {
  const { hub, group, payload } = call;
  return send(call, hub.inGroup(group), { from: "group", group, fromUserId: null, payload });
}

function sendToUser(call: MessageCall): Reply {
  return send(call, call.hub.ofUser(call.userId));
}

function sendToConnection(call: MessageCall): Reply {
  const receiver = call.hub.connection(call.connectionId);
  return send(call, receiver ? [receiver] : []);
}

/** Accepted means just that: whether anybody is there to receive it is not told. */
function send(
  { query, payload }: MessageCall,
  receivers: Iterable<Connection>,
  message: Message = { from: "server", payload },
): Reply {
  checkTtl(query.get("messageTtlSeconds"));
  if (query.get("filter")) throw notBuilt("filters on sends");
  publish(message, receivers, new Set(query.getAll("excluded")));
  return accepted;
}

// Messages are written at once and never wait for a client, so a valid lifetime has no effect.
function checkTtl(ttl: string | null): void {
  if (ttl === null || (/^\d{1,3}$/.test(ttl) && Number(ttl) <= maxTtlInSeconds)) return;
  throw invalidParameter(
    "messageTtlSeconds",
    `The messageTtlSeconds must be an integer between 0 and ${maxTtlInSeconds}.`,
  );
}
