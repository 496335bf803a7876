import type { OperationOptions } from "@azure/core-client";
import type { WebPubSubServiceClient } from "@azure/web-pubsub";
import type { EncodedBody } from "../service/encoded-body.ts";
import type { MessageTarget } from "../service/message-request.ts";
import type { Operation } from "./operations.ts";

/** Who an operation sends a message to; undefined where it sends none, or to one connection alone. */
export function messageTargetOf({
  name,
  subject = "",
}: Pick<Operation, "name" | "subject">): MessageTarget | undefined {
  if (name === "sendToAll") return { kind: "hub" };
  if (name === "group.sendToAll") return { kind: "group", group: subject };
  return name === "sendToUser" ? { kind: "user", userId: subject } : undefined;
}

/** Sends a message by the SDK. */
export function sendBySdk(
  client: WebPubSubServiceClient,
  target: MessageTarget,
  body: EncodedBody,
  options: OperationOptions,
): Promise<unknown> {
  if (target.kind === "group") return client.group(target.group).sendToAll(body, options);
  if (target.kind === "user") return client.sendToUser(target.userId, body, options);
  return client.sendToAll(body, options);
}
