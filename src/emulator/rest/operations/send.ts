import type { Reply } from "../../http/reply.ts";
import type { Connection } from "../../hub/connection.ts";
import { type PublishOptions, publish } from "../../hub/hub.ts";
import type { Message } from "../../protocol/message.ts";
import type { MessageCall, Operation } from "../operation.ts";
import { readFilter, readInteger } from "../parameters.ts";
import { ACCEPTED } from "../replies.ts";

const TTL_IN_SECONDS = { min: 0, max: 300 };

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
  return send(call, call.hub.everyone(), { ...excluding(call), ...filtering(call) });
}

function sendToGroup(call: MessageCall): Reply {
  return send(call, call.hub.inGroup(call.group), { ...excluding(call), ...filtering(call) });
}

function sendToUser(call: MessageCall): Reply {
  return send(call, call.hub.ofUser(call.userId), filtering(call));
}

function sendToConnection(call: MessageCall): Reply {
  const receiver = call.hub.connection(call.connectionId);
  return send(call, receiver ? [receiver] : []);
}

/** Accepted means just that: whether anybody is there to receive it is not told. */
function send(
  { query, group, payload, metadata }: MessageCall,
  receivers: Iterable<Connection>,
  choice: PublishOptions = {},
): Reply {
  const message: Message = group
    ? { from: "group", group, fromUserId: null, payload, metadata }
    : { from: "server", payload, metadata };
  publish(message, receivers, {
    ...choice,
    ttlInSeconds: readInteger(query, "messageTtlSeconds", TTL_IN_SECONDS),
  });
  return ACCEPTED;
}

const excluding = ({ query }: MessageCall): PublishOptions => ({
  excluded: new Set(query.getAll("excluded")),
});

const filtering = ({ query }: MessageCall): PublishOptions => ({
  accepts: readFilter(query.get("filter"), "filter"),
});
