import type { GroupPermission } from "../hub/roles.ts";

/** What a client may lack the permission for, in the words in which it is told. */
export type GroupAction = "join" | "leave" | "send to" | "use the state of";

export const permissionFor = (action: GroupAction): GroupPermission =>
  action === "send to" ? "sendToGroup" : "joinLeaveGroup";

/** In the sentence that the service documents for `join`. */
export const forbidden = (action: GroupAction, group: string) =>
  ({
    name: "Forbidden",
    message: `The client does not have permission to ${action} group '${group}'.`,
  }) as const;
