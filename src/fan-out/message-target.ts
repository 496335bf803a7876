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
