import { readGroupPattern } from "./group-pattern.ts";

/** What a role may let a client do with groups. */
export type GroupPermission = "sendToGroup" | "joinLeaveGroup";

/** Whether a role gives the permission for a group: by its name, by a pattern, or for all groups. */
export function permits(role: string, permission: GroupPermission, group: string): boolean {
  const name = `webpubsub.${permission}`;
  if (role === name || role === `${name}.${group}`) return true;
  const prefix = `${name}s.`;
  if (!role.startsWith(prefix)) return false;
  return readGroupPattern(role.slice(prefix.length))?.(group) ?? false;
}

/** Whether a role says anything about groups. */
export const isGroupRole = (role: string): boolean =>
  /^webpubsub\.(sendToGroup|joinLeaveGroup)(s?\.|$)/.test(role);
